"""What is better: landed price, utilities, profiles, the blend. Touches no network, clock or file."""
