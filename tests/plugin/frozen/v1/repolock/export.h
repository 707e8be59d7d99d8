/* export.h - REPOLOCK_API marks what librepolock.so shows to the world, and nothing else. */
#ifndef REPOLOCK_EXPORT_H
#define REPOLOCK_EXPORT_H

#if defined(__GNUC__)
#define REPOLOCK_API __attribute__((visibility("default")))
#else
#define REPOLOCK_API
#endif

#endif
