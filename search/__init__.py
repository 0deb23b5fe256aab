"""A request from query to page: understand, retrieve, rank, page; the terminal and the HTTP
service.
"""
