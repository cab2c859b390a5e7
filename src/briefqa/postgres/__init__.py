"""PostgreSQL with pgvector as a home of the index: the same generations, as tables. The only importer of psycopg.

    briefqa.migrations, generations, live     which there are, and which one is live
    briefqa_g1.briefs, passages, …            the tables of a catalog, one schema a generation
    briefqa_g1.vectors                        passages in the context of their briefs, with an index over halves
    briefqa_g1.terms, words, arrays           the lexical index, in blocks of a few hundred terms
    briefqa_g1_seen.briefs, …                 views of all these tables, which let some collections through

`connecting` reaches the server and says what has become of it, `tables` is asked by a catalog, `near` and `terms` are
the legs of a search, `loading` brings a generation that was built in a folder here, `legs` what both legs read, and
`sharding` that to other servers where there are any; `home` looks after all of them.
"""

from briefqa.postgres.connecting import is_address, told
from briefqa.postgres.home import PostgresHome
from briefqa.postgres.loading import Wish

__all__ = ["PostgresHome", "Wish", "is_address", "told"]
