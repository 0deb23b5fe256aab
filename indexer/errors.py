"""Errors that an operator can fix. Each message names the two values that disagree and the command
that fixes it.

FondacoError
├── SnapshotMissing     nothing is published there yet
├── SnapshotMismatch    made by another encoder, analysis or format
├── DictionaryRefused   a dictionary's file cannot be read, or its languages are not known
├── DictionaryMissing   the snapshot has no dictionary of this name
├── DictionaryMismatch  a dictionary was compiled by another analysis or format
├── TooManyRejected     more records of the catalogue were rejected than the operator allows
├── PublicationRefused  the new generation would empty the shop
├── BuildRunning        another build works in the same folder
├── BuildWorkerFailed   a worker process of a build died or failed
├── IndexUnavailable    an index is unreachable, too slow or overloaded: a later request may succeed
├── ClusterRefused      OpenSearch rejects this user, key or certificate, or forbids the request
├── ClusterMismatch     what the cluster holds is not what the snapshot says
└── BulkFailed          documents that could not be written, each with its reason
"""

from __future__ import annotations


class FondacoError(Exception):
    """Something that the operator can fix; the message says how."""


class SnapshotMissing(FondacoError):
    pass


class SnapshotMismatch(FondacoError):
    pass


class DictionaryRefused(FondacoError):
    pass


class DictionaryMissing(FondacoError):
    pass


class DictionaryMismatch(FondacoError):
    pass


class TooManyRejected(FondacoError):
    pass


class PublicationRefused(FondacoError):
    pass


class BuildRunning(FondacoError):
    pass


class BuildWorkerFailed(FondacoError):
    pass


class IndexUnavailable(FondacoError):
    pass


class ClusterRefused(FondacoError):
    pass


class ClusterMismatch(FondacoError):
    pass


class BulkFailed(FondacoError):
    pass
