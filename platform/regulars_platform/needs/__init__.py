"""What customers need beside what they bought, and whom they bring."""
