"""Find a work, the order to watch its franchise in, and all films of a year.

pip install sdk/python/client
python sdk/python/example.py http://127.0.0.1:8700 "cowboy bebop"
"""

import sys

from kensho_client import Client
from kensho_client.api.anime import read_work
from kensho_client.api.browse import browse_all_works
from kensho_client.api.franchises import order_franchise
from kensho_client.api.search import search_by_title
from kensho_client.models import Problem


def main(address: str, title: str) -> None:
    with Client(base_url=address, raise_on_unexpected_status=True) as client:
        page = search_by_title.sync(client=client, q=title, limit=1)
        if isinstance(page, Problem):  # what is wrong with the request, field by field
            raise SystemExit(f"{page.title}: {page.detail}")
        if not page.results:
            raise SystemExit(f"nothing is called {title}")
        best = page.results[0]
        print(f"{best.title} ({best.year})")

        work = read_work.sync(client=client, work_id=best.id)
        if work.franchise:
            order = order_franchise.sync(client=client, slug=work.franchise.slug)
            for step in order.steps:
                print(f"  {step.position}. {step.work.title}")

        cursor, found = None, 0
        while True:  # a page says where the next one begins, the last one nothing
            more = {"cursor": cursor} if cursor else {}
            films = browse_all_works.sync(
                client=client, type_="movie", year=best.year, limit=100, **more
            )
            found += len(films.works)
            cursor = films.next_cursor
            if not cursor:
                break
        print(f"{found} films of {best.year}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
