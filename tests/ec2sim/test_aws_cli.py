"""The AWS CLI, as the guide uses it, against ec2sim."""
import json
import os
import shutil
import subprocess

from simulator import PATIENCE, SimulatorTest, main, until


class AwsCli(SimulatorTest):
    def setUp(self):
        self.assertTrue(shutil.which("aws"), "aws is not on PATH: pip install awscli")
        self.sim = self.simulator()

    def aws(self, *words, fails=False, empty=False, **environment):
        env = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        env |= {"HOME": "/nonexistent", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
                "AWS_REGION": "us-east-1", "AWS_DEFAULT_REGION": "us-east-1",
                "AWS_EC2_METADATA_DISABLED": "true", "AWS_MAX_ATTEMPTS": "1", **environment}
        # The CLI reads AWS_ENDPOINT_URL from 2.13 on only.
        done = subprocess.run(["aws", "--endpoint-url", self.sim.url, *words, "--output", "json"],
                              env=env, capture_output=True, text=True, timeout=PATIENCE)
        self.assertEqual(done.returncode != 0, fails, done.stderr)
        if empty:
            return self.assertEqual(done.stdout, "")
        return done.stderr if fails else json.loads(done.stdout)

    def launch(self, *more):
        return self.aws("ec2", "run-instances", "--image-id", "ami-0c1f44f890950b53c",
                        "--instance-type", "c7i.8xlarge", "--key-name", "dserv-workers",
                        "--tag-specifications",
                        "ResourceType=instance,Tags=[{Key=Name,Value=dserv-test-worker}]", *more)

    def test_the_guides_launch_listing_and_end_work(self):
        launched = self.launch("--instance-market-options", '{"MarketType":"spot"}',
                               "--security-groups", "dserv-workers", "--user-data", "#!/bin/sh\n")
        instance = launched["Instances"][0]
        self.assertEqual(instance["InstanceLifecycle"], "spot")
        self.sim.wait_ready(instance["InstanceId"])
        listed = self.aws("ec2", "describe-instances", "--filters",
                          "Name=tag:Name,Values=dserv-test-worker",
                          "Name=instance-state-name,Values=running", "--query",
                          "Reservations[].Instances[].PublicIpAddress")
        self.assertEqual(listed, [self.sim.instance(instance["InstanceId"])["address"]])
        ended = self.aws("ec2", "terminate-instances", "--instance-ids", instance["InstanceId"])
        self.assertEqual(ended["TerminatingInstances"][0]["CurrentState"]["Name"], "shutting-down")

    def test_what_exists_can_be_asked(self):
        images = self.aws("ec2", "describe-images", "--owners", "099720109477", "--filters",
                          "Name=name,Values=ubuntu/images/hvm-ssd-gp3/ubuntu-noble-24.04-amd64-*")
        self.assertEqual(images["Images"][0]["ImageId"], "ami-0060337ebb6cf00ad")
        groups = self.aws("ec2", "describe-security-groups", "--group-names", "dserv-workers")
        self.assertEqual(groups["SecurityGroups"][0]["GroupName"], "dserv-workers")
        keys = self.aws("ec2", "describe-key-pairs", "--key-names", "dserv-workers")
        self.assertEqual(keys["KeyPairs"][0]["KeyName"], "dserv-workers")
        self.assertEqual(self.aws("sts", "get-caller-identity")["Account"], "123456789012")

    def test_an_instance_is_stopped_and_started(self):
        one = self.launch()["Instances"][0]["InstanceId"]
        self.sim.wait_ready(one)
        self.aws("ec2", "modify-instance-attribute", "--instance-id", one,
                 "--disable-api-termination", empty=True)
        self.assertIn("OperationNotPermitted", self.aws(
            "ec2", "terminate-instances", "--instance-ids", one, fails=True))
        self.aws("ec2", "stop-instances", "--instance-ids", one)
        until("stopped", lambda: self.sim.instance(one)["state"] == "stopped")
        started = self.aws("ec2", "start-instances", "--instance-ids", one)
        self.assertEqual(started["StartingInstances"][0]["PreviousState"]["Name"], "stopped")
        self.sim.wait_ready(one)

    def test_types_and_their_prices_can_be_asked(self):
        types = self.aws("ec2", "describe-instance-types", "--filters",
                         "Name=vcpu-info.default-vcpus,Values=192", "--query",
                         "InstanceTypes[].InstanceType")
        self.assertIn("c7i.48xlarge", types)
        prices = self.aws("ec2", "describe-spot-price-history", "--instance-types", "c7i.48xlarge",
                          "--product-descriptions", "Linux/UNIX", "--start-time",
                          "2026-01-01T00:00:00", "--max-items", "2000")
        self.assertGreater(len(prices["SpotPriceHistory"]), 300)

    def test_a_launch_template_is_made_listed_and_deleted(self):
        made = self.aws("ec2", "create-launch-template", "--launch-template-name", "pool",
                        "--launch-template-data", '{"ImageId": "ami-0060337ebb6cf00ad"}',
                        "--tag-specifications",
                        "ResourceType=launch-template,Tags=[{Key=compute-broker,Value=lab}]")
        listed = self.aws("ec2", "describe-launch-templates", "--filters",
                          "Name=tag:compute-broker,Values=lab", "--query",
                          "LaunchTemplates[].LaunchTemplateId")
        self.assertEqual(listed, [made["LaunchTemplate"]["LaunchTemplateId"]])
        self.aws("ec2", "delete-launch-template", "--launch-template-id", listed[0])
        self.assertIn("InvalidLaunchTemplateName.NotFoundException", self.aws(
            "ec2", "delete-launch-template", "--launch-template-name", "pool", fails=True))

    def test_a_fleet_is_launched_from_a_template(self):
        self.aws("ec2", "create-launch-template", "--launch-template-name", "pool",
                 "--launch-template-data", '{"ImageId": "ami-0060337ebb6cf00ad"}')
        configs = [{"LaunchTemplateSpecification": {"LaunchTemplateName": "pool", "Version": "1"},
                    "Overrides": [{"InstanceType": "c7i.8xlarge", "Priority": 1.0},
                                  {"InstanceType": "c7a.8xlarge", "Priority": 2.0}]}]
        fleet = self.aws("ec2", "create-fleet", "--type", "instant", "--launch-template-configs",
                         json.dumps(configs), "--on-demand-options",
                         "AllocationStrategy=prioritized", "--target-capacity-specification",
                         "TotalTargetCapacity=2,DefaultTargetCapacityType=on-demand")
        self.assertEqual(fleet["Errors"], [])
        self.assertEqual(fleet["Instances"][0]["InstanceType"], "c7i.8xlarge")
        self.assertEqual(len(fleet["Instances"][0]["InstanceIds"]), 2)

    def test_pages_are_followed(self):
        self.launch("--count", "7")
        listed = self.aws("ec2", "describe-instances", "--page-size", "5", "--query",
                          "length(Reservations[].Instances[])")
        self.assertEqual(listed, 7)
        self.assertEqual(self.sim.control("counters")["actions"]["DescribeInstances"]["calls"], 2)

    def test_a_dry_run_and_a_wrong_secret_are_refused_in_ec2s_words(self):
        self.assertIn("DryRunOperation", self.aws(
            "ec2", "run-instances", "--image-id", "ami-0c1f44f890950b53c", "--dry-run", fails=True))
        self.assertIn("AuthFailure", self.aws("ec2", "describe-instances", fails=True,
                                              AWS_SECRET_ACCESS_KEY="wrong"))
        self.assertEqual(self.sim.control("instances")["instances"], [])


if __name__ == "__main__":
    main()
