"""The composition root: makes an engine from a snapshot, its encoder and the profiles."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from indexer.dictionaries.dictionaries import open_dictionaries
from indexer.encoders.encoder import Encoder
from indexer.encoders.open_encoder import open_encoder
from indexer.open_snapshot import cluster_for, open_snapshot
from indexer.opensearch.follower import FactFollower
from indexer.snapshot.generations import generation_manifest
from indexer.snapshot.manifest import Manifest
from indexer.threads import set_threads, usable_cores
from languages.synonyms.follow import SynonymFolder
from ranking.profile import read_profiles
from ranking.relevance_file import read_relevance, shipped_relevance
from search.engine import Engine

if TYPE_CHECKING:
    from indexer.opensearch.connection import Cluster


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """How an engine is made from a generation."""

    encoder: str | None = None  # None: the setting that the snapshot was built with
    threads: int | None = None  # of the encoder; None: see `indexer.threads.set_threads`
    profiles: Path | None = None  # None: the profiles that come with Fondaco
    relevance: Path | None = None  # None: the model that comes with Fondaco


@dataclass(frozen=True, slots=True)
class OpenEngine:
    """An engine, and what it was made from."""

    engine: Engine
    encoder: Encoder
    follower: FactFollower | None  # None where facts change with a build alone

    @property
    def generation(self) -> int:
        return self.engine.snapshot.manifest.generation


def open_engine(
    path: Path,
    *,
    encoder: str | None = None,
    threads: int | None = None,
    profiles: Path | None = None,
    relevance: Path | None = None,
    synonyms: Path | None = None,
) -> Engine:
    """An engine over the current generation of a snapshot, with its facts as they are now.

    It does not follow later changes of facts. `threads` are the encoder's; None is every core this
    process may use. `encoder` None takes the setting that the snapshot was built with; `profiles`
    and `relevance` None those that come with Fondaco. `synonyms` is a folder, read once; None has
    none.

    Raises:
        SnapshotMissing: nothing is published there.
        SnapshotMismatch: the snapshot has another encoder, analysis or format.
        InvalidProfile, InvalidRelevance, InvalidSynonyms: a file of settings breaks a rule.
    """
    set_threads(1)  # FAISS and BLAS answer one query at a time: a second thread of theirs would only spin
    manifest = generation_manifest(path)
    synonym_folder = SynonymFolder(synonyms)
    synonym_folder.open()
    settings = EngineSettings(encoder, threads or usable_cores(), profiles, relevance)
    return open_generation(path, manifest, cluster_for(manifest.engines), settings, synonyms=synonym_folder).engine


def open_generation(
    path: Path,
    manifest: Manifest,
    cluster: Cluster | None,
    settings: EngineSettings,
    loaded_encoders: Iterable[Encoder] = (),
    synonyms: SynonymFolder | None = None,
) -> OpenEngine:
    """An engine over one generation of a snapshot.

    Its facts are as they are now; where the cluster is unavailable, as they were built. The
    snapshot's encoder is taken from `loaded_encoders` if it is among them, since models are large.

    Raises:
        SnapshotMismatch: the generation has another encoder, analysis or format.
    """
    snapshot = open_snapshot(path, manifest.generation, cluster)
    follower = FactFollower.of(snapshot, cluster)
    if follower is not None:
        follower.poll_quietly()
    profiles = read_profiles() if settings.profiles is None else read_profiles(settings.profiles)
    encoder = next((loaded for loaded in loaded_encoders if loaded.name == manifest.encoder), None)
    if encoder is None:
        encoder = open_encoder(settings.encoder or str(manifest.settings["encoder"]), threads=settings.threads)
    dictionaries = open_dictionaries(snapshot.root)
    relevance = shipped_relevance() if settings.relevance is None else read_relevance(settings.relevance)
    is_remote = snapshot.engines.is_remote
    engine = Engine(
        snapshot, encoder, profiles, dictionaries, relevance=relevance, synonyms=synonyms, concurrent=is_remote
    )
    return OpenEngine(engine, encoder, follower)
