"""The drawings of a report, each a specification made from the stored document alone."""
