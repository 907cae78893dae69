"""What past campaigns taught: the page, and the words for it elsewhere."""
