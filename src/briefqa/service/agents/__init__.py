"""What agents are offered over the Model Context Protocol (https://modelcontextprotocol.io): tools, and briefs to read.

`tools` is what each tool takes, does and gives, `protocol` speaks the protocol (the only importer of mcp), `mount` puts
it under `/mcp`. mcp takes a second or so to import, so that nothing but `mount` is imported before the first call.
"""

from briefqa.service.agents.mount import AgentsMount

__all__ = ["AgentsMount"]
