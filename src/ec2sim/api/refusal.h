#pragma once
// How EC2 says no.

#include <string>
#include <string_view>

namespace cb::ec2sim {

// Thrown by whatever reads a request and finds that EC2 would not take it; caught in one place
// (service.cc), where it becomes the error answer. It is not an std::exception on purpose: nothing
// else catches it by accident.
struct Refusal {
  std::string code;     // "InvalidAMIID.NotFound"
  std::string message;  // EC2's sentence
};

[[noreturn]] void bad_combination(std::string_view why);  // InvalidParameterCombination
[[noreturn]] void bad_value(std::string_view name, std::string_view value,
                            std::string_view why);  // InvalidParameterValue
[[noreturn]] void token_mismatch();                 // IdempotentParameterMismatch

// The HTTP status that EC2 sends with a code: 400 unless the code has one of its own.
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
int http_status(std::string_view code);

}  // namespace cb::ec2sim
