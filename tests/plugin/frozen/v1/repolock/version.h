/* version.h - the one place where the version is written. CMake, repolock.pc and the SONAME read it. */
#ifndef REPOLOCK_VERSION_H
#define REPOLOCK_VERSION_H

#define REPOLOCK_VERSION_MAJOR 0
#define REPOLOCK_VERSION_MINOR 1
#define REPOLOCK_VERSION_PATCH 0
#define REPOLOCK_VERSION_STRING "0.1.0"

/* 0xMMmmpp, to compare with repolock_version() of the library that was loaded. */
#define REPOLOCK_VERSION_NUMBER \
  (REPOLOCK_VERSION_MAJOR << 16 | REPOLOCK_VERSION_MINOR << 8 | REPOLOCK_VERSION_PATCH)

#endif
