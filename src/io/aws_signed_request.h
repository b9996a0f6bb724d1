#pragma once
// A call as the bytes that go out.

#include <string>

#include "base/time.h"
#include "io/http_client.h"
#include "wire/sigv4.h"

namespace cb::io {

// POST of the form `body` to `endpoint` (a URL, perhaps with a path), signed for `scope`. Time
// limits and the rest keep their defaults.
HttpRequest signed_request(const std::string& endpoint, const std::string& body,
                           const wire::SigningScope& scope, const wire::AwsKeys& keys);

}  // namespace cb::io
