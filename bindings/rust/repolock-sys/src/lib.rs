//! The C functions of [librepolock](https://github.com/librepolock/librepolock), as they are: names,
//! types and rules are those of `repolock/repolock.h`, which is the manual. The crate `repolock` is
//! what programs use.
//!
//! `src/bindings.rs` is kept by hand; `tests/header.rs` has the C compiler compare it with the
//! installed header, so that nobody needs bindgen. To build, `pkg-config` has to find librepolock; to
//! build the documentation, it need not be there.

#![allow(non_camel_case_types)]

mod bindings;
pub use bindings::*;
