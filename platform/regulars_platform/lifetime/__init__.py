"""What customers will still order and spend: worked out, kept, and handed to features and pages."""
