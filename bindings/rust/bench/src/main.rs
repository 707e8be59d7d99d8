//! One pair of acquire and release: alone, and with others that want the same name.
//!
//! Beside the library from C and rslock, on a Redis server that it starts. The variants take turns in each
//! round, so that they have the same machine; printed are the median of the rounds, the least and the most,
//! in microseconds a pair.
//!
//! usage: `cargo run --release -- [ROUNDS]`, with the library found by pkg-config

use rslock::LockManager;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const ALONE: u32 = 1000; // pairs in a round
const TASKS: u32 = 8;
const TURNS: u32 = 10; // of each task, where all want one name
const TTL: Duration = Duration::from_secs(30);

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// What is measured: a name, and the microseconds of a pair in each round.
struct Row(&'static str, Vec<f64>);

fn us_a_pair(began: Instant, pairs: u32) -> f64 {
    began.elapsed().as_secs_f64() * 1e6 / f64::from(pairs)
}

async fn ours(client: &repolock::Client, name: &str) -> Result<(), Failure> {
    Ok(client.lock(name).await?.release().await?)
}

async fn theirs(manager: &LockManager, name: &str) -> Result<(), Failure> {
    let lock = manager.acquire_no_guard(name, TTL).await?;
    manager.unlock(&lock).await;
    Ok(())
}

// Macros, as what is measured has no type in common.
macro_rules! alone {
    ($pair:expr) => {{
        $pair.await?;
        let began = Instant::now();
        for _ in 0..ALONE {
            $pair.await?;
        }
        us_a_pair(began, ALONE)
    }};
}

macro_rules! contended {
    ($pair:ident, $of:expr) => {{
        let began = Instant::now();
        let mut tasks = Vec::new();
        for _ in 0..TASKS {
            let of = $of.clone();
            tasks.push(tokio::spawn(async move {
                for _ in 0..TURNS {
                    $pair(&of, "bench/one").await?;
                }
                Ok::<(), Failure>(())
            }));
        }
        for task in tasks {
            task.await??;
        }
        us_a_pair(began, TASKS * TURNS)
    }};
}

fn said(output: Output) -> Result<String, Failure> {
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
    }
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}

fn compiled(directory: &Path) -> Result<PathBuf, Failure> {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../tests/bench/cpair.c");
    let program = directory.join("cpair");
    let found = Command::new("pkg-config")
        .args(["--cflags", "--libs", "repolock"])
        .output()?;
    let flags = said(found)?;
    let made = Command::new("cc")
        .arg("-O2")
        .arg(source)
        .args(flags.split_whitespace())
        .arg("-o")
        .arg(&program)
        .output()?;
    said(made)?;
    Ok(program)
}

fn in_c(program: &Path, url: &str) -> Result<f64, Failure> {
    Ok(said(
        Command::new(program)
            .arg(url)
            .arg(ALONE.to_string())
            .output()?,
    )?
    .parse()?)
}

/// A redis-server on a socket in that directory; it ends with this value.
struct Server(Child);

impl Server {
    fn start(directory: &Path, socket: &Path) -> Result<Server, Failure> {
        let mut command = Command::new("redis-server");
        command.args([
            "--port",
            "0",
            "--save",
            "",
            "--appendonly",
            "no",
            "--unixsocket",
        ]);
        command
            .arg(socket)
            .arg("--dir")
            .arg(directory)
            .stdout(Stdio::null());
        let server = Server(command.spawn()?);
        while !socket.exists() {
            std::thread::yield_now();
        }
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let rounds = std::env::args().nth(1).map_or(Ok(5), |text| text.parse())?;
    let directory = tempfile::tempdir()?;
    let socket = directory.path().join("socket");
    let _server = Server::start(directory.path(), &socket)?;
    let url = format!("redis+unix://{}", socket.display());
    let program = compiled(directory.path())?;

    let memory = repolock::Client::builder().url("memory:bench").open()?;
    let client = repolock::Client::builder().url(&url).open()?;
    let rslock = LockManager::new(vec![url.clone()]);

    let mut rows: Vec<Row> = [
        "memory, C",
        "memory, Rust",
        "redis, C",
        "redis, Rust",
        "redis, rslock",
        "redis, 8 tasks, Rust",
        "redis, 8 tasks, rslock",
    ]
    .map(|name| Row(name, Vec::new()))
    .into();
    for _ in 0..rounds {
        let round = [
            in_c(&program, "memory:")?,
            alone!(ours(&memory, "bench/alone")),
            in_c(&program, &url)?,
            alone!(ours(&client, "bench/alone")),
            alone!(theirs(&rslock, "bench/alone")),
            contended!(ours, client),
            contended!(theirs, rslock),
        ];
        for (row, us) in rows.iter_mut().zip(round) {
            row.1.push(us);
        }
    }

    let median = |of: &[f64]| {
        let mut sorted = of.to_vec();
        sorted.sort_by(f64::total_cmp);
        sorted[sorted.len() / 2]
    };
    for Row(name, all) in &rows {
        let least = all.iter().copied().fold(f64::INFINITY, f64::min);
        let most = all.iter().copied().fold(0.0, f64::max);
        println!("{name:24} {:8.0} us ({least:.0} to {most:.0})", median(all));
    }
    for (place, c, rust) in [("memory", 0, 1), ("redis", 2, 3)] {
        let ratios: Vec<f64> = rows[rust]
            .1
            .iter()
            .zip(&rows[c].1)
            .map(|(a, b)| a / b)
            .collect();
        println!("{place}: Rust over C {:.2}", median(&ratios));
    }
    Ok(())
}
