"""Data: customers, products and all the other files beside orders, on their way into the shop."""
