"""Converts records of Google, Shopify, WooCommerce, OpenAI or a mapping to those of Fondaco."""
