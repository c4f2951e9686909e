#pragma once
#include <libwebsockets.h>

// LWS_PRE is a macro with a cast, which Swift does not import.
enum { signalbox_lws_pre = LWS_PRE };
