"""Drawings: one specification each, for the page, the PDF and the file to keep.

`specification` says in data units what is drawn and which numbers stand behind it, `placing` where
that stands in percent of the drawing. The page draws that with classes (`templates/drawing.html`),
`standalone` as a whole SVG file with colours of its own, and `as_json` writes the specification.
"""
