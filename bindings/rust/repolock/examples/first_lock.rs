//! git fetch in the current directory, while nobody else has that repository. Any runtime will do; this
//! program has the smallest.

use std::process::Command;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let repo = std::env::args().nth(1);
    pollster::block_on(fetch(repo.as_deref().unwrap_or("owner/name")))
}

async fn fetch(repo: &str) -> Result<(), Box<dyn std::error::Error>> {
    let client = repolock::Client::open()?;
    let guard = client.lock(repo).await?;
    println!("mine, with fence {}", guard.fence());
    let status = Command::new("git").arg("fetch").status()?;
    guard.release().await?;
    status
        .success()
        .then_some(())
        .ok_or_else(|| "git fetch failed".into())
}
