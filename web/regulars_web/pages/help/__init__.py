"""Help: the glossary."""
