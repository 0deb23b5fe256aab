"""The storefront page at `/`: its files, words and colours."""
