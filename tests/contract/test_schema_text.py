"""The snapshot of the schema beside the migrations is what they come to."""

from kensho.platform.installation import data_root
from kensho.storage import migrations, queries
from kensho.storage.gateway import Gateway
from kensho.storage.migrations import schema_text
from kensho.storage.store_settings import StoreSettings


async def test_the_snapshot_is_fresh() -> None:
    root = data_root("graph_schema")
    known = queries.load(data_root("queries"))
    async with Gateway.open(StoreSettings("mem://"), known) as gateway:
        await migrations.migrate(gateway, migrations.load(root))
        fresh = await schema_text(gateway)

    assert (root / "SNAPSHOT.surql").read_text("utf-8") == fresh, "run `make snapshot`"
