"""Errors an operator can mend. Each message names the two values that disagree and the command that mends it.

FondacoError
├── SnapshotMissing     nothing published there yet
├── SnapshotMismatch    made by another encoder, analysis or format
├── TooManyRejected     the catalogue has more bad records than the operator allows
├── BuildRunning        another build works in the same place
├── IndexUnavailable    an index is away, too slow or overloaded: asked again later it may answer
├── ClusterRefused      OpenSearch does not know this user, key or certificate, or forbids what was asked
├── ClusterMismatch     what the cluster holds is not what the snapshot says
└── BulkFailed          documents that could not be written, each with its reason
"""

from __future__ import annotations


class FondacoError(Exception):
    """Something the operator can mend; the message says how."""


class SnapshotMissing(FondacoError):
    pass


class SnapshotMismatch(FondacoError):
    pass


class TooManyRejected(FondacoError):
    pass


class BuildRunning(FondacoError):
    pass


class IndexUnavailable(FondacoError):
    pass


class ClusterRefused(FondacoError):
    pass


class ClusterMismatch(FondacoError):
    pass


class BulkFailed(FondacoError):
    pass
