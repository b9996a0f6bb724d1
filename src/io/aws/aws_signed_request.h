#pragma once
// A call as the bytes that go out.

#include <string>

#include "base/time.h"
#include "io/aws/aws_setup.h"
#include "io/net/http_client.h"
#include "wire/sigv4.h"

namespace cb::io {

// POST of the form `body` to `endpoint` (a URL, perhaps with a path), signed for `scope`, in the
// manner of `setup`. Time limits keep their defaults.
HttpRequest signed_request(const AwsSetup& setup, const std::string& endpoint,
                           const std::string& body, const wire::SigningScope& scope,
                           const wire::AwsKeys& keys);

}  // namespace cb::io
