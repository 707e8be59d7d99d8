//! git fetch in the current directory, while nobody else has that repository: without async.

use repolock::blocking::Client;
use repolock::{Error, LockOptions};
use std::process::{exit, Command};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let repo = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "owner/name".into());
    let options = LockOptions::new().holder("git fetch").on_wait(|now| {
        let holder = now.holders.first().map_or("nobody", |holder| &holder.text);
        eprintln!("in place {}, behind {holder}", now.place);
    });
    let guard = match Client::open()?.lock_with(&repo, &options) {
        Ok(guard) => guard,
        Err(Error::Timeout(why)) => {
            eprintln!("{}", why.message);
            exit(75)
        }
        Err(other) => return Err(other.into()),
    };
    println!("mine, with fence {}", guard.fence());
    let status = Command::new("git").arg("fetch").status()?;
    guard.release()?;
    exit(status.code().unwrap_or(1))
}
