"""boto3 reads every answer, and botocore's model knows every element of it."""
import datetime

from checked import CheckedTest
from simulator import Dserv, LAUNCH, SimulatorTest, main, until

SPOT = {"MarketType": "spot", "SpotOptions": {"SpotInstanceType": "one-time",
                                              "InstanceInterruptionBehavior": "terminate"}}
TAGS = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "a & <b> \"ü\""}]}]


class Shapes(CheckedTest):
    def state(self, instance_id):
        answer = self.ec2.describe_instances(InstanceIds=[instance_id])
        return answer["Reservations"][0]["Instances"][0]["State"]["Name"]

    def test_an_instance_is_understood_in_every_state_of_its_life(self):
        answer = self.ec2.run_instances(
            **LAUNCH, KeyName="dserv-workers", SecurityGroups=["dserv-workers"], UserData="hello",
            InstanceMarketOptions=SPOT, TagSpecifications=TAGS, ClientToken="token",
            IamInstanceProfile={"Name": "profile"}, MetadataOptions={"HttpTokens": "required"},
            InstanceInitiatedShutdownBehavior="terminate", Monitoring={"Enabled": False})
        instance = answer["Instances"][0]
        self.assertEqual(instance["State"], {"Code": 0, "Name": "pending"})
        self.assertEqual(instance["Tags"], TAGS[0]["Tags"])
        self.assertEqual(instance["MetadataOptions"]["HttpTokens"], "required")
        age = datetime.datetime.now(datetime.timezone.utc) - instance["LaunchTime"]
        self.assertLess(abs(age.total_seconds()), 60)
        until("running", lambda: self.state(instance["InstanceId"]) == "running")
        listed = self.ec2.describe_instances()["Reservations"][0]["Instances"][0]
        self.assertTrue(listed["PublicIpAddress"].startswith("127."))
        self.assertEqual(listed["SecurityGroups"][0]["GroupName"], "dserv-workers")
        self.assertEqual(self.sim.instance(instance["InstanceId"])["user_data"], "hello")
        ended = self.ec2.terminate_instances(InstanceIds=[instance["InstanceId"]])
        self.assertEqual(ended["TerminatingInstances"][0]["PreviousState"]["Name"], "running")
        until("terminated", lambda: self.state(instance["InstanceId"]) == "terminated")
        over = self.ec2.describe_instances()["Reservations"][0]["Instances"][0]
        self.assertEqual(over["StateReason"]["Code"], "Client.UserInitiatedShutdown")
        self.assertRegex(over["StateTransitionReason"],
                         r"^User initiated \(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d GMT\)$")
        self.assertNotIn("PublicIpAddress", over)

    def test_an_on_demand_instance_in_a_subnet_with_an_interface_is_understood(self):
        zones = self.sim.control("zones/us-east-1")["zones"]
        answer = self.ec2.run_instances(
            **{**LAUNCH, "InstanceType": "c7g.16xlarge"},
            NetworkInterfaces=[{"DeviceIndex": 0, "AssociatePublicIpAddress": False,
                                "SubnetId": zones["us-east-1b"]["subnet"],
                                "Groups": ["sg-0d5e12fe0a10c0001"]}])
        instance = answer["Instances"][0]
        self.assertEqual(instance["Placement"]["AvailabilityZone"], "us-east-1b")
        self.assertEqual(instance["Architecture"], "arm64")
        self.assertNotIn("InstanceLifecycle", instance)
        until("running", lambda: self.state(instance["InstanceId"]) == "running")
        listed = self.ec2.describe_instances()["Reservations"][0]["Instances"][0]
        self.assertNotIn("PublicIpAddress", listed)
        self.assertIn("PrivateIpAddress", listed)

    def test_what_exists_is_understood(self):
        self.assertTrue(self.ec2.describe_images(Owners=["self"])["Images"])
        self.assertTrue(self.ec2.describe_key_pairs()["KeyPairs"])
        self.assertEqual(len(self.ec2.describe_security_groups()["SecurityGroups"]), 2)
        self.assertEqual(self.ec2.describe_regions()["Regions"][0]["RegionName"], "us-east-1")
        sts = self.sim.client("sts")
        self.checker.watch(sts)
        self.assertEqual(sts.get_caller_identity()["Account"], "123456789012")
        self.assertEqual(self.checker.answers, 5)

    def test_a_regions_places_types_and_prices_are_understood(self):
        subnets = self.ec2.describe_subnets(
            Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"]
        zones = self.ec2.describe_availability_zones()["AvailabilityZones"]
        self.assertEqual([s["AvailabilityZone"] for s in subnets], [z["ZoneName"] for z in zones])
        pages = self.ec2.get_paginator("describe_instance_types").paginate(
            Filters=[{"Name": "vcpu-info.default-vcpus", "Values": ["64"]},
                     {"Name": "processor-info.supported-architecture", "Values": ["x86_64"]}],
            PaginationConfig={"PageSize": 5})
        types = {t["InstanceType"]: t["MemoryInfo"]["SizeInMiB"] for page in pages
                 for t in page["InstanceTypes"]}
        self.assertEqual((types["c7i.16xlarge"], types["m7i.16xlarge"]), (131072, 262144))
        all_types = self.ec2.get_paginator("describe_instance_types").paginate()
        self.assertGreater(sum(len(page["InstanceTypes"]) for page in all_types), 100)
        offered = self.ec2.describe_instance_type_offerings(
            LocationType="availability-zone",
            Filters=[{"Name": "instance-type", "Values": ["c7i.16xlarge"]}])
        self.assertEqual({o["Location"] for o in offered["InstanceTypeOfferings"]},
                         {z["ZoneName"] for z in zones})
        prices = self.ec2.describe_spot_price_history(
            InstanceTypes=["c7i.16xlarge"], ProductDescriptions=["Linux/UNIX"],
            StartTime=datetime.datetime.now(datetime.timezone.utc))["SpotPriceHistory"]
        self.assertEqual({p["AvailabilityZone"] for p in prices}, {z["ZoneName"] for z in zones})

    def test_an_instance_is_stopped_started_and_protected(self):
        one = self.launched(self.ec2)
        first = self.sim.wait_ready(one)["address"]
        launched = self.ec2.describe_instances()["Reservations"][0]["Instances"][0]["LaunchTime"]
        self.ec2.modify_instance_attribute(InstanceId=one, DisableApiTermination={"Value": True})
        self.assertEqual(self.code(self.ec2.terminate_instances, InstanceIds=[one]),
                         "OperationNotPermitted")
        stopped = self.ec2.stop_instances(InstanceIds=[one])["StoppingInstances"][0]
        self.assertEqual((stopped["PreviousState"]["Name"], stopped["CurrentState"]["Name"]),
                         ("running", "stopping"))
        self.ec2.get_waiter("instance_stopped").wait(
            InstanceIds=[one], WaiterConfig={"Delay": 0, "MaxAttempts": 10_000})
        self.assertRaises(OSError, Dserv, first)
        until("another second", lambda: datetime.datetime.now(datetime.timezone.utc) >
              launched + datetime.timedelta(seconds=2))
        started = self.ec2.start_instances(InstanceIds=[one])["StartingInstances"][0]
        self.assertEqual(started["CurrentState"]["Name"], "pending")
        second = self.sim.wait_ready(one)["address"]
        self.assertNotEqual(first, second)
        dserv = Dserv(second)
        self.addCleanup(dserv.close)
        self.assertEqual(dserv.ask("expr 6*7"), "42")
        listed = self.ec2.describe_instances()["Reservations"][0]["Instances"][0]
        self.assertEqual(listed["PublicIpAddress"], second)
        self.assertGreater(listed["LaunchTime"], launched)
        self.ec2.modify_instance_attribute(InstanceId=one, DisableApiTermination={"Value": False})
        self.ec2.terminate_instances(InstanceIds=[one])

    def test_waiters_and_paginators_work(self):
        for _ in range(7):
            instance_id = self.launched(self.ec2)
        self.ec2.get_waiter("instance_running").wait(
            InstanceIds=[instance_id], WaiterConfig={"Delay": 0, "MaxAttempts": 10_000})
        pages = list(self.ec2.get_paginator("describe_instances").paginate(
            PaginationConfig={"PageSize": 5}))
        self.assertEqual([len(page["Reservations"]) for page in pages], [5, 2])


class Refusals(SimulatorTest):
    def setUp(self):
        self.sim = self.simulator("--access-key", "other:secret:token")
        self.ec2 = self.sim.client()

    def test_idempotency_is_ec2s(self):
        one = self.launched(self.ec2, ClientToken="t")
        self.assertEqual(self.launched(self.ec2, ClientToken="t"), one)
        self.assertEqual(self.code(self.launched, self.ec2, ClientToken="t", EbsOptimized=True),
                         "IdempotentParameterMismatch")
        self.ec2.terminate_instances(InstanceIds=[one])
        self.assertEqual(self.code(self.launched, self.ec2, ClientToken="t"),
                         "IdempotentInstanceTerminated")

    def test_one_bad_id_fails_the_whole_termination(self):
        one = self.launched(self.ec2)
        self.assertEqual(self.code(self.ec2.terminate_instances,
                                   InstanceIds=[one, "i-0123456789abcdef0"]),
                         "InvalidInstanceID.NotFound")
        self.assertIn(self.sim.instance(one)["state"], ("pending", "running"))

    def test_keys_are_checked_by_botocores_own_signatures(self):
        other = self.sim.client(key="other", secret="secret", token="token")
        self.assertEqual(other.describe_instances()["Reservations"], [])
        for wrong in ({"secret": "wrong"}, {"key": "nobody"},
                      {"key": "other", "secret": "secret", "token": "stale"},
                      {"key": "other", "secret": "secret"}):
            client = self.sim.client(**wrong)
            self.assertEqual(self.code(client.describe_instances), "AuthFailure", wrong)
            self.assertEqual(self.code(self.sim.client("sts", **wrong).get_caller_identity),
                             "AuthFailure", wrong)

    def test_an_unsigned_request_is_refused(self):
        from botocore import UNSIGNED
        unsigned = self.sim.client(signature_version=UNSIGNED)
        self.assertEqual(self.code(unsigned.describe_instances), "MissingAuthenticationToken")
        self.assertEqual(self.code(unsigned.run_instances, **LAUNCH),
                         "MissingAuthenticationToken")
        self.assertEqual(self.sim.control("instances")["instances"], [])

    def test_a_signature_of_another_time_has_expired(self):
        self.sim.control("settings", {"clock_offset": "6m"})
        self.assertEqual(self.code(self.ec2.describe_instances), "RequestExpired")
        self.sim.control("settings", {"clock_offset": "-6m"})
        self.assertEqual(self.code(self.ec2.describe_instances), "RequestExpired")

    def test_a_signed_get_is_served_as_well(self):
        import urllib.request
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.credentials import Credentials
        url = (self.sim.url + "/?Version=2016-11-15&Action=DescribeInstances"
               "&Filter.1.Name=tag%3AName&Filter.1.Value.1=a%20b%2B%C3%BC")
        request = AWSRequest("GET", url, headers={"Host": f"127.0.0.1:{self.sim.port}"})
        SigV4Auth(Credentials("test", "test"), "ec2", "us-east-1").add_auth(request)
        plain = urllib.request.Request(url, headers=dict(request.headers))
        with urllib.request.urlopen(plain, timeout=60) as answer:
            self.assertIn(b"DescribeInstancesResponse", answer.read())


if __name__ == "__main__":
    main()
