//! How a client is opened.

use crate::client::Client;
use crate::ffi::{limit, milliseconds, terminated, text, Sentence};
use crate::log::{self, Logger};
use crate::{library, Error, LogLevel, LogRecord, Result};
use repolock_sys as sys;
use std::env;
use std::fmt;
use std::os::raw::c_char;
use std::ptr::{self, NonNull};
use std::time::Duration;

/// How to open a client; see [`Client::builder`].
#[must_use = "it opens nothing until open is called"]
#[derive(Default)]
pub struct ClientBuilder {
    pairs: Vec<(String, String)>,
    logger: Option<(LogLevel, Logger)>,
}

impl ClientBuilder {
    /// Where the locks live: `file:`, `file:///dir`, `redis://[user:password@]host[:port][/database]`,
    /// `redis+unix:///path`, `redis+quorum://a,b,c`, `memory:NAME` for tests. Without it the environment
    /// variable `REPOLOCK_URL` says so, else they are in files of this host and user.
    pub fn url(self, url: impl Into<String>) -> Self {
        self.config("backend", url)
    }

    /// How long a crash of this process blocks others; 30 s.
    pub fn ttl(self, ttl: Duration) -> Self {
        self.config("ttl_ms", milliseconds(ttl).to_string())
    }

    /// How long to wait for a lock; 60 s. Zero does not wait, [`Duration::MAX`] waits without end.
    pub fn wait(self, wait: Duration) -> Self {
        self.config("wait_ms", limit(wait).to_string())
    }

    /// A lock is renewed no longer than this, whatever its holder does; without end.
    pub fn max_hold(self, most: Duration) -> Self {
        self.config("max_hold_ms", milliseconds(most).to_string())
    }

    /// Without [`Client::heartbeat`] for so long nothing is renewed any more; off.
    pub fn heartbeat(self, silence: Duration) -> Self {
        self.config("heartbeat_ms", milliseconds(silence).to_string())
    }

    /// What those who wait are told about a holder whose options say nothing.
    pub fn holder(self, text: impl Into<String>) -> Self {
        self.config("holder", text)
    }

    /// Any key of the library's option table, such as `redis.prefix` or `repo.form`.
    pub fn config(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.pairs.push((key.into(), value.into()));
        self
    }

    /// Hands records up to `level` to `logger`, one at a time, on the client's own thread: it must not
    /// block, as nothing is renewed meanwhile. If it panics, the panic hook tells of it and all goes on.
    pub fn log(
        mut self,
        level: LogLevel,
        logger: impl Fn(&LogRecord) + Send + Sync + 'static,
    ) -> Self {
        self.logger = Some((level, Box::new(logger)));
        self
    }

    /// Opens the client. It does not block: a server is connected to in the background, and the first
    /// operation tells of one that is away.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::Unsupported`], [`Error::Denied`], [`Error::Misconfigured`],
    /// [`Error::Plugin`], [`Error::Io`], [`Error::Unavailable`]; and [`Error::Library`] if the library
    /// that was loaded is not one that this crate can use.
    pub fn open(self) -> Result<Client> {
        let config = self.native()?;
        let mut handle = ptr::null_mut();
        let mut sentence = Sentence::new();
        // SAFETY: the config lives, and the buffer is as large as is said.
        let status = unsafe {
            let (err, size) = (sentence.buffer(), sentence.size());
            sys::repolock_client_open(config.0, &mut handle, err, size)
        };
        sentence.result(status)?;
        let handle = NonNull::new(handle)
            .ok_or_else(|| Error::of(sys::REPOLOCK_E_INTERNAL, Box::default()))?;
        let client = Client::owning(handle);
        if let Some((level, logger)) = self.logger {
            // SAFETY: the handle is the client's, which lives.
            unsafe { log::subscribe(handle.as_ptr(), level, logger)? };
        }
        Ok(client)
    }

    /// The one spelling under which a client of these settings locks `repo`.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::Unsupported`], [`Error::Library`].
    pub fn canonical(&self, repo: &str) -> Result<String> {
        let config = self.native()?;
        let mut name: [c_char; sys::REPOLOCK_REPO_SIZE] = [0; sys::REPOLOCK_REPO_SIZE];
        let mut sentence = Sentence::new();
        // SAFETY: the config lives, and the buffers are as large as is said.
        let status = unsafe {
            sys::repolock_repo_canonical(
                config.0,
                repo.as_ptr().cast(),
                repo.len(),
                name.as_mut_ptr(),
                name.len(),
                sentence.buffer(),
                sentence.size(),
            )
        };
        sentence.result(status)?;
        // SAFETY: it ends in NUL.
        Ok(unsafe { text(name.as_ptr()) })
    }

    fn native(&self) -> Result<Config> {
        library::check()?;
        let config = Config::new()?;
        if !self.pairs.iter().any(|(key, _)| key == "backend") {
            if let Some(url) = env::var("REPOLOCK_URL").ok().filter(|url| !url.is_empty()) {
                config.set("backend", &url)?;
            }
        }
        for (key, value) in &self.pairs {
            config.set(key, value)?;
        }
        Ok(config)
    }
}

impl fmt::Debug for ClientBuilder {
    /// The keys alone: a value may have a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let keys = self.pairs.iter().map(|(key, _)| key);
        f.debug_set().entries(keys).finish()
    }
}

/// The library's form of the settings.
struct Config(*mut sys::repolock_config_t);

impl Config {
    fn new() -> Result<Config> {
        // SAFETY: it has no precondition.
        let handle = unsafe { sys::repolock_config_new() };
        if handle.is_null() {
            return Err(Error::of(sys::REPOLOCK_E_NOMEM, Box::default()));
        }
        Ok(Config(handle))
    }

    fn set(&self, key: &str, value: &str) -> Result<()> {
        let (key, value) = (terminated(key)?, terminated(value)?);
        let mut sentence = Sentence::new();
        // SAFETY: the config lives, both texts end in NUL, and the buffer is as large as is said.
        let status = unsafe {
            let (err, size) = (sentence.buffer(), sentence.size());
            sys::repolock_config_set(self.0, key.as_ptr(), value.as_ptr(), err, size)
        };
        sentence.result(status)
    }
}

impl Drop for Config {
    fn drop(&mut self) {
        // SAFETY: nobody has the handle any more.
        unsafe { sys::repolock_config_free(self.0) }
    }
}
