#pragma once
// Every setting of AWS's own tools, and what becomes of it here: honoured, or refused by name when
// the broker starts, or none of the broker's business. docs/configuration.md is written from this
// table, and tests/aws holds it against botocore's own list.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "io/aws/aws_environment.h"

namespace cb::io {

enum class AwsUse {
  kHonoured,  // read, and followed
  kByCli,     // followed by the AWS CLI, which is asked for the keys
  kAnyway,    // what it asks for is what the broker does in any case
  kRefused,   // the broker does not start with it
  kNone,      // concerns what the broker never does
};
std::string_view to_string(AwsUse use);

struct AwsSettingRow {
  std::string_view variable;  // "" where it has none; a '*' at the end stands for anything
  std::string_view key;       // of a profile; the same
  AwsUse use;
  // "": any text; "number": 1 and more; else the words that it may be, between blanks, in any case.
  // Of one that is refused: the words that ask for nothing.
  std::string_view takes;
  std::string_view doc;
};
const std::vector<AwsSettingRow>& aws_settings_table();

// An Error names the setting that is refused or whose value is none of those that it takes; never
// the value. The sentences name settings that the table does not know: they are ignored.
Result<std::vector<std::string>> check_aws_settings(const AwsSources& sources);

}  // namespace cb::io
