//! Builds, environments and data: what hosts are started from. What cannot be had here is a reason, not a failure.

use super::{Plan, Tier, parts};
use crate::interpreters::{self, Python};
use crate::{demo, files, module, play, process, setup};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the files are that are measured on.
pub const DATA: &str = "target/bench/data";

/// What they are made from.
const DATA_SOURCES: &[&str] = &[
    "bench/driver/src/data.rs",
    "bench/js/lexicons.mjs",
    "crates/panproto-testkit/src/workload.rs",
    "demo/package-lock.json",
];

/// What the extension is made from.
const EXTENSION_SOURCES: &[&str] = &["bench/native", "crates"];

/// What the module with `js-values` is made from.
const LIVE_SOURCES: &[&str] =
    &["Cargo.lock", "Cargo.toml", "crates", "xtask/src/bench/prepare.rs", "xtask/src/module.rs"];

/// The Python that has a published wheel.
const PUBLISHED_PYTHON: (u32, u32) = (3, 13);

/// Hosts that load the module.
const MODULE_HOSTS: &[&str] = &["node", "chromium", "python"];

/// How a host is started, or why it cannot be.
pub type Hosts = BTreeMap<&'static str, Result<Command, String>>;

/// Builds and installs, and says how each host is started.
pub fn hosts(root: &Path, plan: &Plan) -> Result<Hosts, String> {
    let wanted = |name: &str| plan.hosts.as_ref().is_none_or(|hosts| hosts.iter().any(|host| host == name));
    let native = native(root, plan)?;
    data(root, plan, &native)?;
    if !plan.built && MODULE_HOSTS.iter().any(|host| wanted(host)) {
        module::build(root)?;
    }
    let mut hosts = Hosts::new();
    hosts.insert("native", {
        let mut command = Command::new(&native);
        command.arg("serve");
        Ok(command)
    });
    let javascript = if ["node", "chromium"].iter().any(|host| wanted(host)) {
        javascript(root, plan)
    } else {
        Err("it is not asked for".to_owned())
    };
    if !plan.built && ["node", "chromium", "js"].iter().any(|host| wanted(host)) {
        setup::npm(root, "bench/js")?;
    }
    hosts.insert("js", Ok(node(root, "peer.mjs", None)));
    hosts.insert("node", javascript.clone().map(|live| node(root, "serve.mjs", live.as_deref())));
    hosts.insert(
        "chromium",
        javascript.and_then(|live| {
            let mut command = node(root, "browser.mjs", live.as_deref());
            command.env("PANPROTO_CHROMIUM", interpreters::chromium()?);
            Ok(command)
        }),
    );
    let pythons = interpreters::pythons();
    let inside = pythons.first().ok_or(setup::NO_PYTHON.to_owned()).and_then(|newest| {
        let mut started = venv(root, newest, plan.built)?;
        started = std::path::absolute(&started).unwrap_or(started);
        Ok(started)
    });
    let python = |script: &str, arguments: &[&str]| -> Result<Command, String> {
        let mut command = Command::new(inside.clone()?);
        command.arg(root.join("bench/python").join(script)).args(arguments);
        command.env("PYTHONPATH", root.join("sdk/python-wasm/src"));
        // Compiled code of this run is this run's.
        command.env("PANPROTO_CACHE_DIR", root.join("target/bench/python-cache"));
        // As where it is installed, sources are not compiled at each start, whatever the environment says.
        command.env_remove("PYTHONDONTWRITEBYTECODE");
        command.env("PYTHONPYCACHEPREFIX", root.join("target/bench/python-bytecode"));
        Ok(command)
    };
    hosts.insert("python", python("package.py", &[]));
    for (host, codec) in [("python-json", "json"), ("python-orjson", "orjson"), ("python-msgspec", "msgspec")]
    {
        hosts.insert(host, python("peers.py", &[codec]));
    }
    hosts.insert(
        "page",
        if wanted("page") { page(root, plan) } else { Err("it is not asked for".to_owned()) },
    );
    let optional = |name: &str, made: &dyn Fn() -> Result<Command, String>| match () {
        () if !wanted(name) => Err("it is not asked for".to_owned()),
        () => made(),
    };
    hosts.insert("rust", optional("rust", &|| rust(root, plan)));
    hosts.insert(
        "extension",
        optional("extension", &|| {
            let place = extension(root, plan, &inside.clone()?)?;
            let mut command = python("extension.py", &[])?;
            command.env("PYTHONPATH", place);
            Ok(command)
        }),
    );
    hosts.insert("published", optional("published", &|| published(root, plan, &pythons)));
    Ok(hosts)
}

/// The engine compiled for this machine, in the profile of the module; for a check in the quick one.
fn native(root: &Path, plan: &Plan) -> Result<PathBuf, String> {
    let check = plan.tier == Tier::Check;
    let profile = if check { "dev" } else { "module" };
    let folder = if check { "debug" } else { "module" };
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    if !plan.built {
        eprintln!("bench    the native engine");
        let mut build = process::cargo(root);
        build.args(["build", "--quiet", "--package", "panproto-bench", "--profile", profile, "--locked"]);
        process::run(&mut build)?;
    }
    Ok(target.join(folder).join(format!("panproto-bench{}", std::env::consts::EXE_SUFFIX)))
}

/// Records and schemas, from a fixed seed and from published packages.
fn data(root: &Path, plan: &Plan, native: &Path) -> Result<(), String> {
    let wanted = files::digest(root, DATA_SOURCES, "")?;
    let stamp = root.join(DATA).join("stamp");
    if files::stamped(&stamp, &wanted) {
        return Ok(());
    }
    if plan.built {
        return Err("the data are not there: run once without `--built`".to_owned());
    }
    eprintln!("bench    records and schemas");
    process::run(Command::new(native).arg("data").arg(root.join(DATA)))?;
    setup::npm(root, "demo")?;
    process::run(Command::new("node").arg(root.join("bench/js/lexicons.mjs")).arg(root.join(DATA)))?;
    files::write(&stamp, wanted.as_bytes())
}

/// The package for JavaScript; answers with the folder of the module with `js-values`, if there is one.
fn javascript(root: &Path, plan: &Plan) -> Result<Option<PathBuf>, String> {
    if !plan.built {
        setup::npm(root, "sdk/typescript")?;
        demo::typescript(root)?;
    }
    if plan.tier == Tier::Check {
        return Ok(None);
    }
    live(root, plan).map_or_else(
        |why| {
            eprintln!("bench    no module with live values: {why}");
            Ok(None)
        },
        |place| Ok(Some(place)),
    )
}

/// The playground, built, in a browser.
fn page(root: &Path, plan: &Plan) -> Result<Command, String> {
    let chromium = interpreters::chromium()?;
    if plan.tier == Tier::Check {
        return Err("no part of a check".to_owned());
    }
    if !plan.built {
        // What it imports of the other hosts comes with their packages.
        setup::npm(root, "bench/js")?;
        play::build(root)?;
    }
    if !root.join(play::PLAYGROUND).join("dist/index.html").is_file() {
        return Err("it is not built".to_owned());
    }
    let mut command = node(root, "playground.mjs", None);
    command.env("PANPROTO_CHROMIUM", chromium);
    Ok(command)
}

fn node(root: &Path, script: &str, live: Option<&Path>) -> Command {
    let mut command = Command::new("node");
    command.arg("--expose-gc").arg(root.join("bench/js").join(script));
    command.env("BENCH_MODULE", root.join("target/panproto/panproto.wasm"));
    if let Some(live) = live {
        command.env("BENCH_LIVE", live);
    }
    let parts = root.join("target/bench/parts.json");
    if parts.is_file() {
        command.env("BENCH_PARTS", parts);
    }
    command
}

/// The second module, which takes live values, and its glue. The first module's parts are counted on the way.
fn live(root: &Path, plan: &Plan) -> Result<PathBuf, String> {
    let place = root.join("target/bench/live");
    let wanted = files::digest(root, LIVE_SOURCES, "js-values")?;
    let stamp = place.join("stamp");
    if files::stamped(&stamp, &wanted) || plan.built && place.join("panproto.js").is_file() {
        return Ok(place);
    }
    if plan.built {
        return Err("it is not built".to_owned());
    }
    eprintln!("bench    the module with live values");
    let first = module::compiled(root, &[])?;
    let counted = serde_json::to_string(&parts::count(&first)?).map_err(|error| error.to_string())?;
    files::write(&root.join("target/bench/parts.json"), counted.as_bytes())?;
    let second = module::compiled(root, &["--features", "js-values"])?;
    module::with_glue(&second, &place)?;
    files::write(&stamp, wanted.as_bytes())?;
    Ok(place)
}

/// The environment of drivers and peers.
pub fn venv(root: &Path, python: &Python, built: bool) -> Result<PathBuf, String> {
    let (major, minor) = python.version;
    let place = root.join(format!(".cache/bench-{major}.{minor}"));
    let requirements = root.join("bench/python/requirements.txt");
    if built {
        let inside = place.join("bin/python");
        return if inside.is_file() { Ok(inside) } else { Err("its environment is not there".to_owned()) };
    }
    setup::environment(root, python, &requirements, &place)
}

fn rust(root: &Path, plan: &Plan) -> Result<Command, String> {
    let target = root.join("target/bench/peers");
    if !plan.built {
        eprintln!("bench    the peer in Rust");
        let mut build = process::cargo(root);
        build.args([
            "build",
            "--quiet",
            "--release",
            "--locked",
            "--manifest-path",
            "bench/peers/Cargo.toml",
        ]);
        process::run(build.env("CARGO_TARGET_DIR", &target))?;
    }
    let program = target.join(format!("release/panproto-peer{}", std::env::consts::EXE_SUFFIX));
    if !program.is_file() {
        return Err("it is not built".to_owned());
    }
    Ok(Command::new(program))
}

/// The extension, unpacked from its wheel; answers with the folder to import it from.
fn extension(root: &Path, plan: &Plan, inside: &Path) -> Result<PathBuf, String> {
    let place = root.join("target/bench/extension");
    let wanted = files::digest(root, EXTENSION_SOURCES, &inside.display().to_string())?;
    let stamp = place.join("stamp");
    if files::stamped(&stamp, &wanted) || plan.built && place.is_dir() {
        return Ok(place);
    }
    if plan.built {
        return Err("it is not built".to_owned());
    }
    eprintln!("bench    the native extension");
    let wheels = root.join("target/bench/wheels");
    let _ = std::fs::remove_dir_all(&wheels);
    let mut build = Command::new(inside);
    build.current_dir(root.join("bench/native")).args([
        "-m",
        "maturin",
        "build",
        "--quiet",
        "--release",
        "--locked",
    ]);
    build.arg("--interpreter").arg(inside).arg("--out").arg(&wheels);
    build.env("CARGO_TARGET_DIR", root.join("target/bench/native"));
    process::run(&mut build)?;
    let wheel = files::walk(&[wheels])?.pop().ok_or("maturin gave no wheel")?;
    let _ = std::fs::remove_dir_all(&place);
    let mut install = Command::new(inside);
    install.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
        "--no-index",
        "--no-deps",
    ]);
    process::run(install.arg("--target").arg(&place).arg(wheel))?;
    files::write(&stamp, wanted.as_bytes())?;
    Ok(place)
}

/// The published package, which has our import name, in an environment of its own.
fn published(root: &Path, plan: &Plan, pythons: &[Python]) -> Result<Command, String> {
    let (major, minor) = PUBLISHED_PYTHON;
    let python = pythons
        .iter()
        .find(|python| python.version == PUBLISHED_PYTHON)
        .ok_or_else(|| format!("its wheel is for Python {major}.{minor}, which is not here"))?;
    let place = root.join(".cache/bench-published");
    let inside = if plan.built {
        Some(place.join("bin/python"))
            .filter(|inside| inside.is_file())
            .ok_or("its environment is not there")?
    } else {
        setup::environment(root, python, &root.join("bench/python/requirements-published.txt"), &place)?
    };
    let mut command = Command::new(inside);
    command.arg(root.join("bench/python/published.py"));
    Ok(command)
}

/// What every host is told at first.
pub fn hello(root: &Path, tier: Tier) -> serde_json::Value {
    let (records, stream) = match tier {
        Tier::Fast => (json!({"w1": 2000, "w2": 1000, "w3": 20}), 100_000),
        Tier::Full => (json!({"w1": 2000, "w2": 1000, "w3": 20}), 1_000_000),
        Tier::Check => (json!({"w1": 20, "w2": 20, "w3": 2}), 10_000),
    };
    json!({"do": "hello", "data": root.join(DATA), "records": records, "stream": stream})
}
