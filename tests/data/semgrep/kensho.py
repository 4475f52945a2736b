"""What the rules of deploy/semgrep find, and what they leave alone; nothing here is ever run."""

# ruleid: statement-of-a-value
gateway.run_script(f"DELETE {table}")
# ruleid: statement-of-a-value
gateway.run_script("DELETE " + table)
# ok: statement-of-a-value
gateway.run_script("DELETE account WHERE id = $id", {"id": id_})
# ruleid: secret-compared-in-time
key.reveal() == given
# ruleid: secret-compared-in-time
given == key.reveal()
# ok: secret-compared-in-time
hmac.compare_digest(key.reveal(), given)
# ruleid: secret-told
_log.warning("refused", token=key.reveal())
# ok: secret-told
_log.warning("refused", token=key)
# ruleid: secret-told
click.echo(f"the key is {key.reveal()}")
# ruleid: certificate-not-checked
httpx.Client(verify=False)
# ok: certificate-not-checked
httpx.Client(verify=context)
# ruleid: archive-unpacked-where-it-says
archive.extractall(folder)
# ok: archive-unpacked-where-it-says
archive.extractfile(member)
