"""The whole error tree.

    BriefqaError
    ├── ConfigError              a setting is unknown, of the wrong type or out of range
    ├── ReadingError             one file cannot be read; the others go on
    │   ├── EncryptedBrief       it needs a password
    │   ├── NoTextLayer          its pages are pictures only
    │   ├── TooLarge             it exceeds a limit of the settings
    │   ├── ReadingTimeout       it took longer than the settings allow
    │   ├── ReaderFlaw           reading it showed a flaw of briefqa
    │   └── ReaderDied           the process that read it crashed or was killed
    ├── EmbeddingError           the model cannot be found, loaded or trusted
    ├── GenerationError          the index folder cannot serve or be written
    │   ├── NoGeneration         nothing has been indexed yet
    │   ├── CorruptGeneration    a file of it is missing, damaged or foreign
    │   ├── IncompatibleGeneration   written by another format version or model
    │   ├── ReindexRunning       another process writes this index
    │   └── HomeUnreachable      the database that holds it does not answer
    ├── QueryError               the question or its options make no sense
    ├── NotReady                 the server is still loading what it needs
    ├── NotFound                 no such brief, passage, page or generation
    │   └── Gone                 there was, and it was revised, removed or pruned
    ├── AnswerError              no answer could be made
    └── EvaluationError          what to measure on cannot be read

Bad *data* is a `Problem` (see `briefs`), collected and reported. Bad *calls*, and files that give nothing at all,
raise from here. Every message says what to do.
"""


class BriefqaError(Exception):
    """Base of every error that briefqa raises on purpose. Its text is written for the person who reads it."""


class ConfigError(BriefqaError):
    """A setting is unknown, of the wrong type or out of range."""


class ReadingError(BriefqaError):
    """One file cannot be read."""


class EncryptedBrief(ReadingError):
    """The file needs a password."""


class NoTextLayer(ReadingError):
    """The file's pages hold pictures and no text."""


class TooLarge(ReadingError):
    """The file exceeds a limit of the settings."""


class ReadingTimeout(ReadingError):
    """Reading took longer than the settings allow."""


class ReaderFlaw(ReadingError):
    """Reading the file showed a flaw of briefqa."""


class ReaderDied(ReadingError):
    """The process that read the file crashed or was killed."""


class EmbeddingError(BriefqaError):
    """The embedding model cannot be found, loaded or trusted."""


class GenerationError(BriefqaError):
    """The index folder cannot be served or written."""


class NoGeneration(GenerationError):
    """Nothing has been indexed yet."""


class CorruptGeneration(GenerationError):
    """A file of the generation is missing, damaged or foreign."""


class IncompatibleGeneration(GenerationError):
    """The generation was written by another format version or model."""


class ReindexRunning(GenerationError):
    """Another process is writing this index."""


class HomeUnreachable(GenerationError):
    """The database that holds the index cannot be reached, or does not answer in time."""


class QueryError(BriefqaError):
    """The question or one of its options makes no sense."""


class NotReady(BriefqaError):
    """The server is still loading what it needs to answer."""


class NotFound(BriefqaError):
    """There is no such brief, passage, page or generation."""


class Gone(NotFound):
    """There was such a brief, passage or generation. superseded_by: the id of the brief that took its place, or ""."""

    def __init__(self, message: str, superseded_by: str = "") -> None:
        super().__init__(message)
        self.superseded_by = superseded_by


class AnswerError(BriefqaError):
    """No answer could be made."""


class EvaluationError(BriefqaError):
    """A collection, a run or a file of questions to measure on cannot be read."""
