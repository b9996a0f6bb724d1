#include "io/aws/aws_cli.h"

#include "base/text.h"

namespace cb::io {
namespace {

// Debian 12's 2.9.19 has the command; version 1 has it not.
constexpr std::string_view kInstall =
    "install version 2.9.19 or later (Debian 12 and later: apt-get install awscli; elsewhere "
    "https://docs.aws.amazon.com/cli/latest/userguide/getting-started-install.html)";

bool knows_no_such_command(const std::string& errors) {
  return errors.find("nvalid choice") != errors.npos;
}

Error failure(const std::string& setting, const std::string& program, const CommandOutput& output) {
  if (knows_no_such_command(output.errors)) {
    return {str(setting, " needs the command `aws configure export-credentials`, which ", program,
                " does not have: ", kInstall)};
  }
  std::string said = in_one_line(output.errors);
  if (said.empty()) said = str("it ended with code ", output.code);
  return {str(setting, ": the AWS CLI gives no keys: ", said,
              setting.starts_with("sso_") || setting.starts_with("login_session")
                  ? " (sign on as the broker's user with the same HOME: aws sso login, aws login)"
                  : "")};
}

}  // namespace

Result<AwsCredentialSet> credentials_by_cli(const std::string& setting,
                                            const AwsEnvironment& environment,
                                            CommandLimits limits) {
  const std::string program = find_program("aws", environment);
  if (program.empty()) {
    return Error{str(setting, " is followed by the AWS CLI, which is not installed: ", kInstall)};
  }
  AwsEnvironment quiet = environment;
  quiet.variables["AWS_PAGER"] = "";
  quiet.variables["AWS_CLI_AUTO_PROMPT"] = "off";
  auto output = run_command({program, "configure", "export-credentials", "--format", "process"},
                            quiet, limits);
  if (!output) return Error{str(setting, ": the AWS CLI ", output.error().what)};
  if (output->code != 0) return failure(setting, program, *output);
  return parse_credential_json(CredentialJson::kCommand, output->printed,
                               str("the AWS CLI for ", setting));
}

}  // namespace cb::io
