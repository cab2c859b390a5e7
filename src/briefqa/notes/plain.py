"""placeholder"""
from briefqa.briefs import Brief, Document
def understand_plain(document: Document, brief_id: str) -> Brief:
    raise NotImplementedError
