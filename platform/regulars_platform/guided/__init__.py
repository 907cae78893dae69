"""The guided first campaign: a sample shop of one's own to learn on, whose truth is known.

The sample shop is a shop like any other, beside the real one and apart from it. It gets order files
of the sample (`files`), its customers answer the campaign that was launched there (`world`,
`answers`), and once its report has been read, what was true is told beside what it said.
"""
