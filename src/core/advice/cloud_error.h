#pragma once
// The one table from AWS's words to our few classes. Nobody else knows an AWS code: everyone
// switches on FailureClass. What a person can do about each is in core/advice/cloud_advice.h.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StateReason.html

#include <string>
#include <string_view>

#include "core/model/cloud.h"

namespace cb::core {

// `aws_code` is the code of an error answer, or of an instance's StateReason (then `http_status`
// is 0); a leading "Server." or "Client." is understood. The code decides; the status only where
// the code is unknown: 429 is kThrottle, any 5xx kUnknownOutcome. The default is kUnexpected.
FailureClass classify(std::string_view aws_code, int http_status);

// True for the codes of kDenied that refuse the keys, the signature or its time: other keys or a
// corrected clock may help. False where the keys are good and lack a right.
bool refuses_identity(std::string_view aws_code);

// The code without EC2's "Server." or "Client." in front.
std::string_view without_side(std::string_view code);

// Whether `failure` is about the call as such and not about what it named: asking for a part of it
// would fail alike.
bool concerns_the_call(const CloudFailure& failure);

}  // namespace cb::core
