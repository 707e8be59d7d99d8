//! The work is stopped when the lock is lost. Here somebody breaks it, while a git waits for nothing.

use repolock::{Client, Result};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

fn main() -> Result<()> {
    let client = Client::builder().url("memory:").open()?;
    pollster::block_on(async {
        let guard = client.lock("owner/name").await?;
        let git = Arc::new(Mutex::new(start()));
        let (lost, stopped) = (guard.lost(), Arc::clone(&git));
        let watcher = thread::spawn(move || {
            if let Some(loss) = pollster::block_on(lost) {
                println!("stopped: {}", loss.reason().unwrap_or("lost"));
                let _ = stopped.lock().unwrap().kill();
            }
        });
        client.break_lock("owner/name", &guard.id()).await?;
        watcher.join().unwrap();
        println!("{}", git.lock().unwrap().wait().unwrap());
        println!("{}", guard.release().await.unwrap_err());
        Ok(())
    })
}

/// A git that reads what nobody writes.
fn start() -> Child {
    let mut git = Command::new("git");
    git.args(["hash-object", "--stdin"]).stdin(Stdio::piped());
    git.spawn().expect("git")
}
