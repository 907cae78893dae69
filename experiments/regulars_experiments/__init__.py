"""The statistics core of Regulars: frames and numbers in, frozen results out.

No I/O, no clock, no database, no web. Everything it needs is an argument.
"""
