"""What `languages.detect` weighs: scripts and their letters, n-grams of characters."""
