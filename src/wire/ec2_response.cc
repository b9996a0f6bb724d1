#include "wire/ec2_response.h"

#include <algorithm>
#include <pugixml.hpp>

#include "base/text.h"
#include "core/advice/cloud_error.h"
#include "wire/ec2_instance.h"

namespace cb::wire {
namespace {

// Loads `body` in place. Entities of a DOCTYPE are never expanded by pugixml, and its parser does
// not recurse, so that depth costs no stack.
bool load(pugi::xml_document& document, std::string& body) {
  if (body.size() > kAnswerBytesMax) return false;
  return bool(document.load_buffer_inplace(body.data(), body.size(), pugi::parse_default,
                                           pugi::encoding_utf8));
}

struct Root {
  pugi::xml_document document;
  pugi::xml_node node;  // null: not the expected document
};

void open(Root& root, std::string& body, const char* name) {
  if (load(root.document, body)) root.node = root.document.child(name);
}

Error not_the_answer(std::string_view action) {
  return {str("the answer to ", action,
              " could not be read (something between here and AWS may have replaced it)")};
}

std::string text(pugi::xml_node node, const char* name) {
  return node.child_value(name);
}

// A refused right comes with a kilobyte that only `aws sts decode-authorization-message` can read.
std::string message_of(pugi::xml_node error) {
  const std::string message = text(error, "Message");
  return message.substr(0, message.find(" Encoded authorization failure message:"));
}

}  // namespace

Result<core::Launched> decode_run_instances(std::string body) {
  Root root;
  open(root, body, "RunInstancesResponse");
  if (!root.node) return not_the_answer("RunInstances");
  core::Launched launched;
  append_instances(root.node.child("instancesSet"), launched.instances);
  if (launched.instances.empty()) return Error{"the answer to RunInstances names no instance"};
  return launched;
}

Result<ListingPage> decode_describe_instances(std::string body) {
  Root root;
  open(root, body, "DescribeInstancesResponse");
  pugi::xml_node reservations = root.node.child("reservationSet");
  if (!reservations) return not_the_answer("DescribeInstances");
  ListingPage page;
  for (pugi::xml_node reservation : reservations.children("item")) {
    append_instances(reservation.child("instancesSet"), page.instances);
  }
  page.next_token = text(root.node, "nextToken");
  return page;
}

Result<core::TerminateAccepted> decode_terminate_instances(std::string body) {
  Root root;
  open(root, body, "TerminateInstancesResponse");
  pugi::xml_node set = root.node.child("instancesSet");
  if (!set) return not_the_answer("TerminateInstances");
  core::TerminateAccepted accepted;
  for (pugi::xml_node item : set.children("item")) {
    InstanceId id{text(item, "instanceId")};
    auto state = core::parse_instance_state(item.child("currentState").child_value("name"));
    if (!id.empty()) {
      accepted.instances.push_back({id, state.value_or(core::InstanceState::kShuttingDown)});
    }
  }
  return accepted;
}

Status decode_create_tags(std::string body) {
  Root root;
  open(root, body, "CreateTagsResponse");
  if (!root.node || text(root.node, "return") != "true") return not_the_answer("CreateTags");
  return Done{};
}

Result<std::vector<ImageView>> decode_describe_images(std::string body) {
  Root root;
  open(root, body, "DescribeImagesResponse");
  pugi::xml_node set = root.node.child("imagesSet");
  if (!set) return not_the_answer("DescribeImages");
  std::vector<ImageView> images;
  for (pugi::xml_node item : set.children("item")) {
    ImageView image{text(item, "imageId"),
                    text(item, "name"),
                    text(item, "imageState"),
                    text(item, "architecture"),
                    {}};
    for (pugi::xml_node mapping : item.child("blockDeviceMapping").children("item")) {
      pugi::xml_node ebs = mapping.child("ebs");
      if (!ebs) continue;
      bool ends = text(ebs, "deleteOnTermination") != "false";
      image.volumes.push_back({text(mapping, "deviceName"), ends});
    }
    images.push_back(std::move(image));
  }
  return images;
}

Result<CallerIdentity> decode_get_caller_identity(std::string body) {
  Root root;
  open(root, body, "GetCallerIdentityResponse");
  pugi::xml_node result = root.node.child("GetCallerIdentityResult");
  CallerIdentity identity{text(result, "Account"), text(result, "Arn")};
  if (identity.account.empty()) return not_the_answer("GetCallerIdentity");
  return identity;
}

core::CloudFailure decode_failure(int http_status, std::string body) {
  pugi::xml_document document;
  load(document, body);
  // EC2: Response/Errors/Error and RequestID. STS: ErrorResponse/Error and RequestId.
  pugi::xml_node root = document.document_element();
  pugi::xml_node errors = root.child("Errors") ? root.child("Errors") : root;
  core::CloudFailure failure;
  for (pugi::xml_node error : errors.children("Error")) {
    if (failure.code.empty()) {
      failure.code = text(error, "Code");
      failure.message = message_of(error);
    } else {
      failure.message += str("; ", text(error, "Code"), ": ", message_of(error));
    }
  }
  failure.what = core::classify(failure.code, http_status);
  if (failure.code.empty()) {
    failure.code = str("http ", http_status);
    failure.message = "an answer without an error that could be read";
  }
  std::string request_id = text(root, "RequestID") + text(root, "RequestId");
  if (!request_id.empty()) failure.message += str(" [request ", request_id, "]");
  return failure;
}

std::vector<InstanceId> ids_named_in(std::string_view message,
                                     const std::vector<InstanceId>& asked) {
  const auto in_word = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-';
  };
  const auto named = [&](const std::string& id) {
    for (auto at = message.find(id); at != message.npos; at = message.find(id, at + 1)) {
      const auto end = at + id.size();
      if ((at == 0 || !in_word(message[at - 1])) &&
          (end == message.size() || !in_word(message[end])))
        return true;
    }
    return false;
  };
  std::vector<InstanceId> out;
  std::copy_if(asked.begin(), asked.end(), std::back_inserter(out),
               [&](const InstanceId& id) { return !id.empty() && named(id.value); });
  return out;
}

}  // namespace cb::wire
