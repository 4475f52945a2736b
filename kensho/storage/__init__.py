"""The only room that speaks SurrealDB.

One gateway, queries as files, migrations, and rows as Structs.
"""
