// listener.h - the three words of on_*: callback, user_data, free_user_data.
#pragma once

#include "api/handles.h"

namespace repolock::api {

// nullptr: the queue has no use for free_user_data.
loop::ListenerPtr make_listener(repolock_event_cb callback, void *user_data,
                                repolock_free_cb free_user_data);

}  // namespace repolock::api
