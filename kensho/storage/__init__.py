"""The only room that speaks SurrealDB: one gateway, queries as files, migrations, and rows as Structs."""
