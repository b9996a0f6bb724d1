"""Launch templates and fleets, as boto3 reads them and botocore's model knows them."""
import base64

from checked import CheckedTest
from simulator import main

IMAGE = "ami-0060337ebb6cf00ad"
GROUP = "sg-0d5e12fe0a10c0001"
TEMPLATE = {"ImageId": IMAGE, "KeyName": "dserv-workers",
            "UserData": base64.b64encode(b"hello").decode(),
            "InstanceInitiatedShutdownBehavior": "terminate",
            "MetadataOptions": {"HttpTokens": "required", "InstanceMetadataTags": "enabled"},
            "NetworkInterfaces": [{"DeviceIndex": 0, "AssociatePublicIpAddress": True,
                                   "DeleteOnTermination": True, "Groups": [GROUP]}],
            "TagSpecifications": [{"ResourceType": "instance",
                                   "Tags": [{"Key": "Name", "Value": "dserv-worker"}]}]}


class FleetTest(CheckedTest):
    def template(self, name="pool", **more):
        made = self.ec2.create_launch_template(
            LaunchTemplateName=name, LaunchTemplateData={**TEMPLATE, **more},
            TagSpecifications=[{"ResourceType": "launch-template",
                                "Tags": [{"Key": "compute-broker", "Value": "lab"}]}])
        return made["LaunchTemplate"]["LaunchTemplateId"]


class LaunchTemplates(FleetTest):
    def test_they_are_made_listed_and_deleted(self):
        made = self.template()
        self.template("other")
        self.assertEqual(self.code(self.template), "InvalidLaunchTemplateName.AlreadyExistsException")
        listed = self.ec2.describe_launch_templates(
            Filters=[{"Name": "tag:compute-broker", "Values": ["lab"]}])["LaunchTemplates"]
        self.assertEqual([one["LaunchTemplateName"] for one in listed], ["pool", "other"])
        self.assertEqual(listed[0]["Tags"], [{"Key": "compute-broker", "Value": "lab"}])
        pages = self.ec2.get_paginator("describe_launch_templates").paginate(
            PaginationConfig={"PageSize": 1})
        self.assertEqual(len(list(pages)), 2)
        self.ec2.delete_launch_template(LaunchTemplateId=made)
        self.assertEqual(self.code(self.ec2.describe_launch_templates, LaunchTemplateIds=[made]),
                         "InvalidLaunchTemplateId.NotFound")
        self.assertEqual(
            self.code(self.ec2.describe_launch_templates, LaunchTemplateNames=["pool"]),
            "InvalidLaunchTemplateName.NotFoundException")
        self.assertEqual(self.code(self.ec2.delete_launch_template, LaunchTemplateName="pool"),
                         "InvalidLaunchTemplateName.NotFoundException")

    def test_its_data_is_shown_as_it_was_given(self):
        self.template(BlockDeviceMappings=[{"DeviceName": "/dev/sda1", "Ebs": {"VolumeSize": 20}}])
        shown = self.ec2.describe_launch_template_versions(
            LaunchTemplateName="pool", Versions=["$Latest"])["LaunchTemplateVersions"][0]
        data = shown["LaunchTemplateData"]
        self.assertEqual({key: data[key] for key in TEMPLATE}, TEMPLATE)
        self.assertEqual(data["BlockDeviceMappings"][0]["Ebs"], {"VolumeSize": 20})

    def test_what_does_not_exist_is_warned_of(self):
        made = self.ec2.create_launch_template(LaunchTemplateName="pool",
                                               LaunchTemplateData={"KeyName": "nobody's"})
        self.assertEqual(made["Warning"]["Errors"][0]["Code"], "InvalidKeyPair.NotFound")

    def test_an_instance_is_launched_from_one(self):
        made = self.template()
        launched = self.ec2.run_instances(
            LaunchTemplate={"LaunchTemplateId": made}, InstanceType="c7i.8xlarge", MinCount=1,
            MaxCount=1)["Instances"][0]
        self.assertEqual(launched["SecurityGroups"][0]["GroupId"], GROUP)
        self.assertIn({"Key": "Name", "Value": "dserv-worker"}, launched["Tags"])
        self.assertEqual(self.sim.instance(launched["InstanceId"])["user_data"], "hello")


class Fleets(FleetTest):
    def fleet(self, target, overrides, market="spot", **more):
        template = {"LaunchTemplateName": "pool", "Version": "$Latest"}
        return self.ec2.create_fleet(
            Type="instant", LaunchTemplateConfigs=[{"LaunchTemplateSpecification": template,
                                                    "Overrides": overrides}],
            TargetCapacitySpecification={"TotalTargetCapacity": target,
                                         "DefaultTargetCapacityType": market}, **more)

    def subnets(self, kind):
        zones = self.sim.control("zones/us-east-1")["zones"]
        return [{"InstanceType": kind, "SubnetId": zone["subnet"]} for zone in zones.values()]

    def test_a_partial_fleet_names_its_instances_and_its_errors(self):
        made = self.template()
        self.sim.control("settings", {"capacity": [
            {"market": "spot", "type": "c7i.16xlarge", "instances": 1}]})
        overrides = self.subnets("c7i.16xlarge") + self.subnets("c7i.8xlarge")
        self.sim.control("settings", {"prices": {
            "c7i.16xlarge": {"on_demand": 1, "spot": 0.1}, "c7i.8xlarge": {"on_demand": 1, "spot": 0.2}}})
        answer = self.fleet(3, overrides, SpotOptions={"AllocationStrategy": "lowest-price"})
        launched = {one["InstanceType"]: one for one in answer["Instances"]}
        self.assertEqual({kind: len(one["InstanceIds"]) for kind, one in launched.items()},
                         {"c7i.16xlarge": 1, "c7i.8xlarge": 2})
        self.assertEqual({(error["ErrorCode"], error["Lifecycle"],
                           error["LaunchTemplateAndOverrides"]["Overrides"]["InstanceType"])
                          for error in answer["Errors"]},
                         {("InsufficientInstanceCapacity", "spot", "c7i.16xlarge")})
        source = launched["c7i.8xlarge"]["LaunchTemplateAndOverrides"]
        self.assertEqual(source["LaunchTemplateSpecification"]["LaunchTemplateId"], made)
        listed = self.ec2.describe_instances(
            Filters=[{"Name": "tag:aws:ec2:fleet-id", "Values": [answer["FleetId"]]}])
        instances = [i for r in listed["Reservations"] for i in r["Instances"]]
        self.assertEqual(len(instances), 3)
        for instance in instances:
            self.assertRegex(instance["ClientToken"], f"^{answer['FleetId']}-\\d+$")
            self.assertEqual(instance["InstanceLifecycle"], "spot")
            self.assertIn({"Key": "Name", "Value": "dserv-worker"}, instance["Tags"])

    def test_a_repeat_launches_nothing_more(self):
        self.template()
        overrides = self.subnets("c7i.16xlarge")
        first = self.fleet(2, overrides, ClientToken="t")
        again = self.fleet(2, overrides, ClientToken="t")
        self.assertEqual((first["FleetId"], first["Instances"]), (again["FleetId"], again["Instances"]))
        self.assertEqual(self.code(self.fleet, 1, overrides, ClientToken="t"),
                         "IdempotentParameterMismatch")
        self.sim.control("settings", {"bare_fleet_repeats": True})
        bare = self.fleet(2, overrides, ClientToken="t")
        self.assertEqual(bare["FleetId"], first["FleetId"])
        self.assertFalse(bare.get("Instances"))
        self.assertEqual(len(self.sim.control("instances")["instances"]), 2)

    def test_an_answer_that_is_lost_is_found_by_its_token(self):
        from botocore.exceptions import BotoCoreError
        self.template()
        self.sim.control("settings", {"faults": [{"action": "CreateFleet", "do": "lose_after",
                                                  "next": 1}]})
        overrides = self.subnets("c7i.16xlarge")
        self.assertRaises(BotoCoreError, self.fleet, 2, overrides, ClientToken="t")
        found = self.fleet(2, overrides, ClientToken="t")
        self.assertEqual(len(found["Instances"][0]["InstanceIds"]), 2)
        self.assertEqual(len(self.sim.control("instances")["instances"]), 2)

    def test_a_worker_of_a_fleet_boots(self):
        self.template()
        answer = self.fleet(1, self.subnets("c7i.16xlarge"), market="on-demand")
        self.assertEqual(answer["Instances"][0]["Lifecycle"], "on-demand")
        self.sim.wait_ready(answer["Instances"][0]["InstanceIds"][0])


if __name__ == "__main__":
    main()
