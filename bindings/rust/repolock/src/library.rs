//! The library that was loaded: it may be another one than the program was built with.

use crate::{Details, Error, Result};
use repolock_sys as sys;

/// The version of the librepolock that was loaded, such as `"0.1.0"`.
pub fn version() -> String {
    dotted(loaded())
}

/// Whether these bindings can use it. Asked before anything else is.
pub(crate) fn check() -> Result<()> {
    agree(loaded(), sys::REPOLOCK_VERSION_NUMBER)
}

fn loaded() -> u32 {
    // SAFETY: it has no precondition.
    unsafe { sys::repolock_version() }
}

fn agree(loaded: u32, needed: u32) -> Result<()> {
    if loaded >> 16 == needed >> 16 && loaded >= needed {
        return Ok(());
    }
    Err(Error::Library(Details::saying(format!(
        "the librepolock that was loaded is {}, but this program needs {needed} or a later {}.x: \
         install that, or build the program with a version of the crate repolock that fits",
        dotted(loaded),
        needed >> 16,
        needed = dotted(needed),
    ))))
}

fn dotted(version: u32) -> String {
    format!(
        "{}.{}.{}",
        version >> 16,
        version >> 8 & 0xff,
        version & 0xff
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_library_than_needed_is_refused_in_a_sentence() {
        for (loaded, fits) in [
            (0x000100, false),
            (0x000203, true),
            (0x000204, true),
            (0x000300, true),
            (0x010203, false),
        ] {
            match agree(loaded, 0x000203) {
                Ok(()) => assert!(fits, "{}", dotted(loaded)),
                Err(error) => {
                    assert!(!fits && matches!(error, Error::Library(_)), "{error:?}");
                    let sentence = error.to_string();
                    assert!(sentence.contains(&dotted(loaded)) && sentence.contains("0.2.3"));
                }
            }
        }
    }
}
