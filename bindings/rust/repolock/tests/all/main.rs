//! The binding on real backends: `memory:`, `file:` and a redis-server of the tests' own.

mod blocking;
mod closing;
mod errors;
mod lock;
mod logging;
mod loss;
mod process;
mod redis;
mod support;
mod threads;
mod wait;
