"""What pages, programs and the command line say: one module per subject."""
