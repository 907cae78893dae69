"""Who is who: which kind of key a file has, who may be one person, how many are found again.

Nothing here ever merges two customers; it says what it sees.
"""
