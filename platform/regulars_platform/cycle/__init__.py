"""When goods run out: the day on which each customer is due for each product, and the due list."""
