"""Access to SurrealDB: a gateway, queries as files, migrations, and rows as Structs.

No other package imports the driver.
"""
