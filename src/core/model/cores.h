#pragma once
// Cores are what EC2 calls vCPUs: a c7i.16xlarge has 64.

#include <string_view>

namespace cb::core {

// The vCPUs of a type, by the size in its name ("16xlarge" is 64). 0: the name does not say
// (metal, and sizes below large, of which some have one), or its family counts otherwise (hpc).
// https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
int cores_of(std::string_view type);

}  // namespace cb::core
